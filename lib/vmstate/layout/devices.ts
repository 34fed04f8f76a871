import {
  bool,
  byteArray,
  count,
  option,
  present,
  type Reader,
  string,
  struct,
  tagged,
  u16,
  u32,
  u64,
} from '../bincode.js';
import { type Layout, since } from '../versions.js';
import { rateLimiter, virtioDevice } from './virtio.js';

/** NetState, src/vmm/src/devices/virtio/net/persist.rs; a MAC address is text, but for that of MMDS. */
export function net(layout: Layout) {
  return struct({
    id: string,
    tapIfName: string,
    rxRateLimiterState: rateLimiter,
    txRateLimiterState: rateLimiter,
    mmdsNs: option(struct({ macAddr: byteArray(6), ipv4Addr: u32, tcpPort: u16 })),
    guestMac: option(string),
    virtioState: virtioDevice(layout),
    rxBuffersState: present(
      !since(layout, '1.13'),
      struct({ parsedDescriptorChainsNr: u16, usedDescriptors: u16, usedBytes: u32 }),
      null,
    ),
  });
}

/** VsockState, src/vmm/src/devices/virtio/vsock/persist.rs; its backend is an enum of one variant. */
export function vsock(layout: Layout) {
  return struct({
    udsPath: tagged(string),
    cid: u64,
    virtioState: virtioDevice(layout),
  });
}

/** BalloonState, src/vmm/src/devices/virtio/balloon/persist.rs. */
export function balloon(layout: Layout) {
  const hinting = since(layout, '1.14');
  return struct({
    statsPollingIntervalS: u16,
    statsDescIndex: option(u16),
    latestStats: times(hinting ? 16 : 10, option(u64)),
    numPages: u32,
    actualPages: u32,
    hintingState: present(
      hinting,
      struct({ hostCmd: u32, lastCmdId: u32, guestCmd: option(u32), acknowledgeOnFinish: bool }),
      null,
    ),
    virtioState: virtioDevice(layout),
  });
}

function times(repeats: number, read: Reader<unknown>): Reader<void> {
  return (cursor) => {
    for (let index = 0; index < repeats; index++) read(cursor);
  };
}

/** EntropyState, src/vmm/src/devices/virtio/rng/persist.rs. */
export function entropy(layout: Layout) {
  return struct({ virtioState: virtioDevice(layout), rateLimiterState: rateLimiter });
}

/** PmemState, src/vmm/src/devices/virtio/pmem/persist.rs: addresses in the guest, then the PmemConfig of the API. */
export function pmem(layout: Layout) {
  return struct({
    virtioState: virtioDevice(layout),
    start: u64,
    size: u64,
    id: string,
    pathOnHost: string,
    rootDevice: bool,
    readOnly: bool,
  });
}

/** VirtioMemState, src/vmm/src/devices/virtio/mem/persist.rs. */
export function memoryHotplug(layout: Layout) {
  return struct({
    virtioState: virtioDevice(layout),
    addr: u64,
    regionSize: u64,
    blockSize: u64,
    usableRegionSize: u64,
    requestedSize: u64,
    slotSize: u64,
    pluggedBlocks: count(bool),
  });
}
