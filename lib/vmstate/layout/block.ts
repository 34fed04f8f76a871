import { bool, bytes, enumeration, option, type Reader, string, struct, tagged, u64 } from '../serde.js';
import type { Layout } from '../versions.js';
import { rateLimiter, virtioDevice } from './virtio.js';

/** CacheType, src/vmm/src/devices/virtio/block/mod.rs. */
const cacheType = enumeration('unsafe', 'writeback');

/** VirtioBlockState, src/vmm/src/devices/virtio/block/virtio/persist.rs. */
function virtioBlock(layout: Layout) {
  return struct({
    id: string,
    partuuid: option(string),
    cacheType,
    rootDevice: bool,
    diskPath: string,
    virtioState: virtioDevice(layout),
    rateLimiterState: rateLimiter,
    fileEngineType: enumeration('sync', 'async'),
  });
}

/** VhostUserBlockState, src/vmm/src/devices/virtio/block/vhost_user/persist.rs. */
function vhostUserBlock(layout: Layout) {
  return struct({
    id: string,
    partuuid: option(string),
    cacheType,
    rootDevice: bool,
    socketPath: string,
    vuAckedProtocolFeatures: u64,
    configSpace: bytes,
    virtioState: virtioDevice(layout),
  });
}

/** BlockState, src/vmm/src/devices/virtio/block/persist.rs. */
export function block(layout: Layout) {
  return tagged(as('virtio', virtioBlock(layout)), as('vhost-user', vhostUserBlock(layout)));
}

function as<const Kind extends string, T>(
  kind: Kind,
  read: Reader<T>,
): Reader<{ readonly kind: Kind; readonly of: T }> {
  return (from) => ({ kind, of: read(from) });
}
