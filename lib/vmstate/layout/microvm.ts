import {
  bool,
  bytes,
  count,
  enumeration,
  option,
  present,
  type Reader,
  string,
  struct,
  times,
  u8,
  u32,
  vector,
} from '../serde.js';
import type { Device } from '../state.js';
import { type Layout, since } from '../versions.js';
import { acpiDevices } from './acpi.js';
import { block } from './block.js';
import { balloon, entropy, memoryHotplug, net, pmem, vsock } from './devices.js';
import { vcpuState, vmState } from './kvm.js';
import { kvmState, vmInfo } from './machine.js';
import { pciTransport } from './pci.js';
import { mmioTransport } from './virtio.js';

export interface Placed<T> extends Device {
  readonly state: T;
}

type OnBus = <T>(state: Reader<T>) => Reader<Placed<T>>;

/** VirtioDeviceState of src/vmm/src/device_manager/persist.rs. */
function onMmio(layout: Layout): OnBus {
  return (state) => {
    const read = struct({ deviceId: string, state, transport: mmioTransport(layout) });
    return (from) => {
      const { deviceId, state, transport } = read(from);
      return { deviceId, state, place: { bus: 'mmio', address: transport.addr } } as const;
    };
  };
}

/** VirtioDeviceState of src/vmm/src/device_manager/pci_mngr.rs. */
function onPci(layout: Layout): OnBus {
  return (state) => {
    const read = struct({ deviceId: string, pciDeviceBdf: u32, state, transport: pciTransport(layout) });
    return (from) => {
      const { deviceId, state, transport } = read(from);
      return { deviceId, state, place: { bus: 'pci', address: transport.address } } as const;
    };
  };
}

/** DeviceStates of the first, the devices of PciDevicesState of the second. */
function devicesOn(layout: Layout, on: OnBus) {
  const hotplug = since(layout, '1.14');
  return struct({
    blockDevices: vector(on(block(layout))),
    netDevices: vector(on(net(layout))),
    vsockDevice: option(on(vsock(layout))),
    balloonDevice: option(on(balloon(layout))),
    mmds: option(
      struct({
        version: enumeration('V1', 'V2'),
        imdsCompat: present(since(layout, '1.13'), bool, false),
      }),
    ),
    entropyDevice: option(on(entropy(layout))),
    pmemDevices: present(hotplug, vector(on(pmem(layout))), []),
    memoryDevice: present(hotplug, option(on(memoryHotplug(layout))), null),
  });
}

/** SerialState, src/vmm/src/device_manager/persist.rs: nine registers, and what was typed but not read. */
const serial = struct({ registers: times(9, u8), inBuffer: bytes });

/** MicrovmState, src/vmm/src/persist.rs; from 1.13 on what is behind the vCPUs is the struct DevicesState. */
export function microvmState(layout: Layout) {
  const pci = since(layout, '1.13');
  return struct({
    vmInfo,
    kvmState,
    vmState: vmState(layout),
    vcpuStates: count(vcpuState),
    mmioState: devicesOn(layout, onMmio(layout)),
    acpiState: acpiDevices(layout),
    pciState: present(pci, struct({ pciEnabled: bool, devices: devicesOn(layout, onPci(layout)) }), null),
    serialState: present(since(layout, '1.16'), option(serial), null),
  });
}

export type MicrovmState = ReturnType<ReturnType<typeof microvmState>>;
