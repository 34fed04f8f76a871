import { bool, enumeration, option, present, struct, u16, u32, u64, vector } from '../serde.js';
import { type Layout, since } from '../versions.js';

/** QueueState, src/vmm/src/devices/virtio/persist.rs. */
const queue = struct({
  maxSize: u16,
  size: u16,
  ready: bool,
  descTable: u64,
  availRing: u64,
  usedRing: u64,
  nextAvail: u16,
  nextUsed: u16,
  numAdded: u16,
});

/** VirtioDeviceType, src/vmm/src/devices/virtio/device.rs; before 1.15 the number of virtio's own. */
const deviceType = enumeration('net', 'block', 'rng', 'balloon', 'vsock', 'mem', 'pmem');

/** VirtioDeviceState, src/vmm/src/devices/virtio/persist.rs. */
export function virtioDevice(layout: Layout) {
  return struct({
    deviceType: since(layout, '1.15') ? deviceType : u32,
    availFeatures: u64,
    ackedFeatures: u64,
    queues: vector(queue),
    interruptStatus: present(!since(layout, '1.13'), u32, 0),
    activated: bool,
  });
}

const tokenBucket = struct({ size: u64, oneTimeBurst: u64, refillTime: u64, budget: u64, elapsedNs: u64 });

/** RateLimiterState, src/vmm/src/rate_limiter/persist.rs. */
export const rateLimiter = struct({ ops: option(tokenBucket), bandwidth: option(tokenBucket) });

/** What stands behind the state of a device on the MMIO bus: MmioTransportState and MMIODeviceInfo. */
export function mmioTransport(layout: Layout) {
  return struct({
    featuresSelect: u32,
    ackedFeaturesSelect: u32,
    queueSelect: u32,
    deviceStatus: u32,
    configGeneration: u32,
    interruptStatus: present(since(layout, '1.13'), u32, 0),
    addr: u64,
    len: u64,
    gsi: option(u32),
  });
}
