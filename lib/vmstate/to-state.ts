import type { MicrovmState, Placed } from './layout/microvm.js';
import type { BlockDevice, Device, NetworkInterface, PmemDevice, VmState } from './state.js';

const MIB = 1n << 20n;
/** A balloon counts pages of this many bytes, whatever the guest's are (virtio 1.2, section 5.5.4). */
const BALLOON_PAGE_BYTES = 4096n;
/** VIRTIO_BLK_F_RO (virtio 1.2, section 5.2.3): by this bit Firecracker chooses how it opens the file. */
const FEATURE_READ_ONLY = 1n << 5n;

type Bus = MicrovmState['mmioState'];
type StateOf<List extends readonly Placed<unknown>[]> = List[number];

/** The facts of a state that was read without a problem, of both buses together. */
export function toState({ vmInfo, vmState, vcpuStates, mmioState, pciState }: MicrovmState): VmState {
  const buses: readonly Bus[] = pciState === null ? [mmioState] : [mmioState, pciState.devices];
  const { kernelImagePath, initrdPath, bootArgs } = vmInfo.bootSource;
  return {
    memorySize: vmInfo.memSizeMib * MIB,
    memoryRegions: vmState.memory.regions.map(({ baseAddress, size, regionType, plugged }) => ({
      base: baseAddress,
      size,
      kind: regionType,
      plugged,
    })),
    vcpus: vcpuStates,
    smt: vmInfo.smt,
    hugePages: vmInfo.hugePages,
    bootSource: { kernelPath: kernelImagePath, initrdPath, bootArgs },
    pciEnabled: pciState?.pciEnabled === true,
    blockDevices: buses.flatMap((bus) => bus.blockDevices.map(blockDevice)),
    networkInterfaces: buses.flatMap((bus) => bus.netDevices.map(networkInterface)),
    vsocks: each(buses, (bus) => bus.vsockDevice).map((placed) => ({
      ...device(placed),
      cid: placed.state.cid,
      udsPath: placed.state.udsPath,
    })),
    balloons: each(buses, (bus) => bus.balloonDevice).map((placed) => ({
      ...device(placed),
      targetSize: BigInt(placed.state.numPages) * BALLOON_PAGE_BYTES,
      actualSize: BigInt(placed.state.actualPages) * BALLOON_PAGE_BYTES,
    })),
    entropyDevices: each(buses, (bus) => bus.entropyDevice).map(device),
    pmemDevices: buses.flatMap((bus) => bus.pmemDevices.map(pmemDevice)),
    memoryDevices: each(buses, (bus) => bus.memoryDevice).map((placed) => ({
      ...device(placed),
      base: placed.state.addr,
      size: placed.state.regionSize,
      requestedSize: placed.state.requestedSize,
    })),
    mmds: each(buses, (bus) => bus.mmds).map(({ version }) => version),
  };
}

function each<T>(buses: readonly Bus[], pick: (bus: Bus) => T | null): T[] {
  return buses.flatMap((bus) => pick(bus) ?? []);
}

function device({ deviceId, place }: Device): Device {
  return { deviceId, place };
}

function blockDevice(placed: StateOf<Bus['blockDevices']>): BlockDevice {
  const { kind, of } = placed.state;
  const { id, partuuid, cacheType, rootDevice } = of;
  const common = { ...device(placed), id, partuuid, cacheType, rootDevice };
  if (kind === 'vhost-user') return { ...common, kind, socketPath: of.socketPath };
  return {
    ...common,
    kind,
    path: of.diskPath,
    readOnly: (of.virtioState.availFeatures & FEATURE_READ_ONLY) !== 0n,
    ioEngine: of.fileEngineType,
  };
}

function networkInterface(placed: StateOf<Bus['netDevices']>): NetworkInterface {
  const { id, tapIfName, guestMac, mmdsNs } = placed.state;
  return { ...device(placed), id, tapName: tapIfName, guestMac, mmds: mmdsNs !== null };
}

function pmemDevice(placed: StateOf<Bus['pmemDevices']>): PmemDevice {
  const { id, pathOnHost, rootDevice, readOnly, start, size } = placed.state;
  return { ...device(placed), id, path: pathOnHost, rootDevice, readOnly, base: start, size };
}
