import {
  blob,
  bool,
  list,
  none,
  optional,
  some,
  struct,
  text,
  times,
  u8,
  u16,
  u32,
  u64,
  type Value,
  variant,
} from './serde-value.js';

export type BuiltLayout = '1.12' | '1.13' | '1.14' | '1.15' | '1.16';

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
const queue = struct(u16(256), u16(256), bool(false), u64(0), u64(0), u64(0), u16(0), u16(0), u16(0));
const bucket = struct(u64(1), u64(2), u64(3), u64(4), u64(5));
const unlimited = struct(none, none);

/** Whether a layout is that of a release or a later one. */
export function from(layout: BuiltLayout, first: BuiltLayout): boolean {
  return Number(layout.slice(2)) >= Number(first.slice(2));
}

/** Numbers of virtio, in the order in which 1.15 counts them. */
const deviceTypes = { net: 1, block: 2, rng: 4, balloon: 5, vsock: 19, mem: 24, pmem: 27 } as const;

function virtio(layout: BuiltLayout, type: keyof typeof deviceTypes, features = VERSION_1, queues = 1): Value {
  const kind = from(layout, '1.15') ? variant(Object.keys(deviceTypes).indexOf(type)) : u32(deviceTypes[type]);
  const all = list(Array.from({ length: queues }), () => queue);
  return struct(kind, u64(features), u64(0), all, from(layout, '1.13') ? null : u32(0), bool(false));
}

/** The device's state with what the bus writes around it; the address tells its place. */
type OnBus = (deviceId: string, state: Value) => Value;

/** Addresses a page apart, from that of Firecracker's first device on. */
export function mmioBus(layout: BuiltLayout): OnBus {
  let next = 0xc000_1000;
  return (deviceId, state) => {
    const transport = times(from(layout, '1.13') ? 6 : 5, u32(0));
    const info = struct(u64(next), u64(4096), some(u32(5)));
    next += 4096;
    return struct(text(deviceId), state, transport, info);
  };
}

function drive(layout: BuiltLayout, drive: BuiltDrive, index: number): Value {
  const common = [
    text(drive.id ?? `drive_${index}`),
    optional(drive.partuuid, text),
    variant(drive.writeback ? 1 : 0),
    bool(drive.rootDevice ?? false),
  ];
  if ('socketPath' in drive) {
    const socket = text(drive.socketPath);
    return variant(1, struct(...common, socket, u64(0), blob(Buffer.alloc(60)), virtio(layout, 'block')));
  }
  const features = VERSION_1 | (drive.readOnly ? READ_ONLY : 0n);
  const state = virtio(layout, 'block', features);
  return variant(0, struct(...common, text(drive.path), state, unlimited, variant(drive.async ? 1 : 0)));
}

function net(layout: BuiltLayout, { id, tapName, mac, mmds }: BuiltNet): Value {
  const stack = struct(times(6, u8(6)), u32(0xa9fe_a9fe), u16(80));
  const config = struct(optional(mac, text), from(layout, '1.16') ? some(u16(1500)) : null);
  const limited = struct(none, some(bucket));
  const buffers = from(layout, '1.13') ? null : struct(u16(1), u16(2), u32(3));
  const state = virtio(layout, 'net', VERSION_1, 2);
  return struct(text(id), text(tapName), limited, unlimited, mmds ? some(stack) : none, config, state, buffers);
}

function vsock(layout: BuiltLayout, { cid, udsPath }: NonNullable<BuiltDevices['vsock']>): Value {
  const plain = from(layout, '1.15');
  const backend = plain ? struct(text(udsPath), u32(0x4000_0000)) : variant(0, struct(text(udsPath)));
  return struct(backend, struct(u64(cid), virtio(layout, 'vsock', VERSION_1, 3)));
}

function balloon(layout: BuiltLayout, { pages, actualPages = 0 }: NonNullable<BuiltDevices['balloon']>): Value {
  const hinting = from(layout, '1.14');
  const stats = Array.from({ length: hinting ? 16 : 10 }, (_, index) => (index % 2 ? some(u64(index)) : none));
  const hints = hinting ? struct(u32(0), u32(0), some(u32(1)), bool(true)) : null;
  const state = virtio(layout, 'balloon', VERSION_1, 3);
  return struct(u16(1), some(u16(0)), struct(...stats), struct(u32(pages), u32(actualPages)), hints, state);
}

function pmem(layout: BuiltLayout, device: BuiltPmem): Value {
  const { id, path, rootDevice = false, readOnly = false, base = 1n << 40n, size = 1n << 21n } = device;
  const limited = from(layout, '1.16');
  const asked = struct(some(struct(u64(1), some(u64(2)), u64(3))), none);
  const config = struct(text(id), text(path), bool(rootDevice), bool(readOnly), limited ? some(asked) : null);
  const limits = limited ? struct(none, some(bucket)) : null;
  return struct(virtio(layout, 'pmem'), struct(u64(base), u64(size)), config, limits);
}

function memoryDevice(
  layout: BuiltLayout,
  { base, size, requested }: NonNullable<BuiltDevices['memoryDevice']>,
): Value {
  const sizes = [base, size, 1n << 21n, size, requested, 1n << 27n].map(u64);
  return struct(virtio(layout, 'mem'), ...sizes, list([true, false, true], bool));
}

/** DeviceStates of a bus, in the order of the source. */
export function devices(layout: BuiltLayout, on: OnBus, built: BuiltDevices): Value[] {
  const drives = (built.drives ?? []).map((each, index) => {
    return on(each.deviceId ?? each.id ?? `drive_${index}`, drive(layout, each, index));
  });
  const version = struct(variant(built.mmds === 'V2' ? 1 : 0), from(layout, '1.13') ? bool(true) : null);
  const oldest = [
    list(drives, (each) => each),
    list(built.nets ?? [], (each) => on(each.id, net(layout, each))),
    optional(built.vsock, (each) => on('vsock', vsock(layout, each))),
    optional(built.balloon, (each) => on('balloon', balloon(layout, each))),
    optional(built.mmds, () => version),
    built.entropy ? some(on('rng', struct(virtio(layout, 'rng'), unlimited))) : none,
  ];
  if (!from(layout, '1.14')) return oldest;
  return [
    ...oldest,
    list(built.pmem ?? [], (each) => on(each.id, pmem(layout, each))),
    optional(built.memoryDevice, (each) => on('virtio-mem', memoryDevice(layout, each))),
  ];
}
