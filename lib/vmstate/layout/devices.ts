import { bool, count, option, present, string, struct, tagged, times, u8, u16, u32, u64 } from '../serde.js';
import { type Layout, since } from '../versions.js';
import { rateLimiter, virtioDevice } from './virtio.js';

/** NetState, src/vmm/src/devices/virtio/net/persist.rs; a MAC address is text, but for that of MMDS. */
export function net(layout: Layout) {
  return struct({
    id: string,
    tapIfName: string,
    rxRateLimiterState: rateLimiter,
    txRateLimiterState: rateLimiter,
    mmdsNs: option(struct({ macAddr: times(6, u8), ipv4Addr: u32, tcpPort: u16 })),
    guestMac: option(string),
    mtu: present(since(layout, '1.16'), option(u16), null),
    virtioState: virtioDevice(layout),
    rxBuffersState: present(
      !since(layout, '1.13'),
      struct({ parsedDescriptorChainsNr: u16, usedDescriptors: u16, usedBytes: u32 }),
      null,
    ),
  });
}

/** VsockState, src/vmm/src/devices/virtio/vsock/persist.rs; before 1.15 its backend is an enum of one variant. */
export function vsock(layout: Layout) {
  const plain = since(layout, '1.15');
  return struct({
    udsPath: plain ? string : tagged(string),
    localPortLast: present(plain, u32, 0),
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

/** EntropyState, src/vmm/src/devices/virtio/rng/persist.rs. */
export function entropy(layout: Layout) {
  return struct({ virtioState: virtioDevice(layout), rateLimiterState: rateLimiter });
}

const tokenBucketConfig = struct({ size: u64, oneTimeBurst: option(u64), refillTime: u64 });

/** RateLimiterConfig of a PmemConfig, src/vmm/src/vmm_config/mod.rs. */
const rateLimiterConfig = option(struct({ bandwidth: option(tokenBucketConfig), ops: option(tokenBucketConfig) }));

/** PmemState, src/vmm/src/devices/virtio/pmem/persist.rs: addresses in the guest, then the PmemConfig of the API. */
export function pmem(layout: Layout) {
  const limited = since(layout, '1.16');
  return struct({
    virtioState: virtioDevice(layout),
    start: u64,
    size: u64,
    id: string,
    pathOnHost: string,
    rootDevice: bool,
    readOnly: bool,
    rateLimiter: present(limited, rateLimiterConfig, null),
    rateLimiterState: present(limited, rateLimiter, null),
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
