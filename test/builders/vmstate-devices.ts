import { blob, bool, join, list, none, optional, some, text, u8, u16, u32, u64 } from './bincode.js';

export type BuiltLayout = '1.12' | '1.13' | '1.14';

export type BuiltDrive = BuiltVirtioDrive | BuiltVhostUserDrive;

interface AnyDrive {
  readonly id?: string;
  /** What the bus calls it; the id where it is not given. */
  readonly deviceId?: string;
  readonly partuuid?: string;
  readonly writeback?: boolean;
  readonly rootDevice?: boolean;
}

export interface BuiltVirtioDrive extends AnyDrive {
  readonly path: string;
  readonly readOnly?: boolean;
  readonly async?: boolean;
}

export interface BuiltVhostUserDrive extends AnyDrive {
  readonly socketPath: string;
}

export interface BuiltNet {
  readonly id: string;
  readonly tapName: string;
  readonly mac?: string;
  readonly mmds?: boolean;
}

export interface BuiltPmem {
  readonly id: string;
  readonly path: string;
  readonly readOnly?: boolean;
  readonly rootDevice?: boolean;
  readonly base?: bigint;
  readonly size?: bigint;
}

/** The devices of one bus. */
export interface BuiltDevices {
  readonly drives?: readonly BuiltDrive[];
  readonly nets?: readonly BuiltNet[];
  readonly vsock?: { readonly cid: bigint; readonly udsPath: string };
  readonly balloon?: { readonly pages: number; readonly actualPages?: number };
  readonly mmds?: 'V1' | 'V2';
  readonly entropy?: boolean;
  /** From 1.14 on. */
  readonly pmem?: readonly BuiltPmem[];
  /** From 1.14 on; bytes. */
  readonly memoryDevice?: { readonly base: bigint; readonly size: bigint; readonly requested: bigint };
}

const READ_ONLY = 1n << 5n;
const VERSION_1 = 1n << 32n;
const queue = join(u16(256), u16(256), bool(false), u64(0), u64(0), u64(0), u16(0), u16(0), u16(0));
const noLimit = join(none, none);

function virtio(layout: BuiltLayout, type: number, features = VERSION_1, queues = 1): Buffer {
  const interrupt = layout === '1.12' ? u32(0) : join();
  const all = list(Array.from({ length: queues }), () => queue);
  return join(u32(type), u64(features), u64(0), all, interrupt, bool(false));
}

/** The device's state with what the bus writes around it; the address tells its place. */
type OnBus = (deviceId: string, state: Buffer) => Buffer;

/** Addresses a page apart, from that of Firecracker's first device on. */
export function mmioBus(layout: BuiltLayout): OnBus {
  let next = 0xc000_1000;
  return (deviceId, state) => {
    const transport = Buffer.alloc(layout === '1.12' ? 20 : 24);
    const info = join(u64(next), u64(4096), some(u32(5)));
    next += 4096;
    return join(text(deviceId), state, transport, info);
  };
}

export function pciBus(layout: BuiltLayout): OnBus {
  let next = 1;
  return (deviceId, state) => {
    const address = `0000:00:${(next++).toString(16).padStart(2, '0')}.0`;
    const old = layout === '1.13';
    const bar = join(u32(1), u32(2), bool(true), old ? some(u32(2)) : join());
    const rom = old ? join(u32(0), u32(0), bool(false)) : join();
    const configuration = join(
      list([1, 2], u32),
      list([3], u32),
      list([bar], (b) => b),
      rom,
      some(join(u64(64), u64(9))),
    );
    const common = join(u8(15), u8(1), u32(0), u32(0), u16(0), u16(7), list([1, 2], u16));
    const entry = join(u32(1), u32(2), u32(3), u32(0));
    const msix = join(
      list([entry, entry], (e) => e),
      list([0], u64),
      bool(false),
      bool(true),
    );
    const end = old
      ? join(msix, list([24, 25], u32), u64(0x1000), u64(0x80000), u64(0), u32(2), u32(1))
      : join(msix, list([24, 25], u32), u64(0x4000_0000_00n));
    const transport = join(
      text(address),
      bool(true),
      u64(80),
      blob(Buffer.alloc(20)),
      configuration,
      none,
      common,
      end,
    );
    return join(text(deviceId), u32(8 * next), state, transport);
  };
}

function drive(layout: BuiltLayout, drive: BuiltDrive, index: number): Buffer {
  const id = drive.id ?? `drive_${index}`;
  const common = join(
    text(id),
    optional(drive.partuuid, text),
    u32(drive.writeback ? 1 : 0),
    bool(drive.rootDevice ?? false),
  );
  if ('socketPath' in drive) {
    return join(u32(1), common, text(drive.socketPath), u64(0), blob(Buffer.alloc(60)), virtio(layout, 2));
  }
  const features = VERSION_1 | (drive.readOnly ? READ_ONLY : 0n);
  return join(u32(0), common, text(drive.path), virtio(layout, 2, features), noLimit, u32(drive.async ? 1 : 0));
}

function net(layout: BuiltLayout, { id, tapName, mac, mmds }: BuiltNet): Buffer {
  const stack = join(Buffer.alloc(6, 6), u32(0xa9fe_a9fe), u16(80));
  const bucket = join(u64(1), u64(2), u64(3), u64(4), u64(5));
  const limit = join(none, some(bucket));
  const buffers = layout === '1.12' ? join(u16(1), u16(2), u32(3)) : join();
  const network = join(text(id), text(tapName), limit, noLimit, mmds ? some(stack) : none, optional(mac, text));
  return join(network, virtio(layout, 1, VERSION_1, 2), buffers);
}

function balloon(layout: BuiltLayout, { pages, actualPages = 0 }: NonNullable<BuiltDevices['balloon']>): Buffer {
  const modern = layout === '1.14';
  const stats = join(...Array.from({ length: modern ? 16 : 10 }, (_, index) => (index % 2 ? some(u64(index)) : none)));
  const hinting = modern ? join(u32(0), u32(0), some(u32(1)), bool(true)) : join();
  return join(u16(1), some(u16(0)), stats, u32(pages), u32(actualPages), hinting, virtio(layout, 5, VERSION_1, 3));
}

function pmem(layout: BuiltLayout, device: BuiltPmem): Buffer {
  const { id, path, rootDevice = false, readOnly = false, base = 1n << 40n, size = 1n << 21n } = device;
  return join(virtio(layout, 27), u64(base), u64(size), text(id), text(path), bool(rootDevice), bool(readOnly));
}

function memoryDevice(
  layout: BuiltLayout,
  { base, size, requested }: NonNullable<BuiltDevices['memoryDevice']>,
): Buffer {
  const sizes = join(u64(base), u64(size), u64(1 << 21), u64(size), u64(requested), u64(1 << 27));
  return join(virtio(layout, 24), sizes, list([true, false, true], bool));
}

/** DeviceStates of a bus, in the order of the source. */
export function devices(layout: BuiltLayout, on: OnBus, built: BuiltDevices): Buffer {
  const drives = (built.drives ?? []).map((each, index) => {
    return on(each.deviceId ?? each.id ?? `drive_${index}`, drive(layout, each, index));
  });
  const version = join(u32(built.mmds === 'V2' ? 1 : 0), layout === '1.12' ? join() : bool(true));
  const since12 = join(
    list(drives, (each) => each),
    list(built.nets ?? [], (each) => on(each.id, net(layout, each))),
    optional(built.vsock, ({ cid, udsPath }) =>
      on('vsock', join(u32(0), text(udsPath), u64(cid), virtio(layout, 19, VERSION_1, 3))),
    ),
    optional(built.balloon, (each) => on('balloon', balloon(layout, each))),
    optional(built.mmds, () => version),
    built.entropy ? some(on('rng', join(virtio(layout, 4), noLimit))) : none,
  );
  if (layout !== '1.14') return since12;
  return join(
    since12,
    list(built.pmem ?? [], (each) => on(each.id, pmem(layout, each))),
    optional(built.memoryDevice, (each) => on('virtio-mem', memoryDevice(layout, each))),
  );
}
