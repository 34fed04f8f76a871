/**
 * Small vmstates of any content, as Firecracker 1.12 to 1.16 would write them; written from its sources field by
 * field and not from our own layouts, so that the two can disagree.
 */
import { crc64 } from '../../lib/vmstate/crc64.js';
import { eightBytes, encodeBincode } from './bincode.js';
import { encodeBitcode } from './bitcode.js';
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
import { type BuiltDevices, type BuiltLayout, devices, from, mmioBus } from './vmstate-devices.js';
import { pciBus } from './vmstate-pci.js';

export interface BuiltRegion {
  readonly base: bigint;
  readonly size: bigint;
  readonly hotpluggable?: boolean;
  readonly plugged?: readonly boolean[];
}

export interface BuiltVmState extends BuiltDevices {
  /** 1.14 where it is not given. */
  readonly layout?: BuiltLayout;
  /** The version that the file declares, where it is not the layout's own. */
  readonly version?: string;
  /** The number that names the architecture; of x86_64 where it is not given. */
  readonly magic?: bigint;
  readonly memoryMib?: bigint;
  /** One of the whole memory where they are not given. */
  readonly regions?: readonly BuiltRegion[];
  readonly vcpus?: number;
  readonly kernelPath?: string;
  readonly initrdPath?: string | null;
  readonly bootArgs?: string | null;
  readonly hugePages?: boolean;
  /** Levels of a tree of addresses; 1 is what a VM without devices has. */
  readonly treeDepth?: number;
  /** Every node has both children, down to that depth. */
  readonly fullTree?: boolean;
  /** The first address of the last allocator; with 1.13 and 1.14 it is what they take for different fields. */
  readonly systemMemoryStart?: bigint;
  /** Null: all are taken. */
  readonly nextInterrupt?: number | null;
  readonly pciEnabled?: boolean;
  /** Devices of the PCI bus; from 1.13 on. */
  readonly pci?: BuiltDevices;
  /** What stands between the state and its CRC. */
  readonly behind?: Buffer;
}

export const MAGIC_X86_64 = 0x0710_1984_8664_0000n;
export const MAGIC_AARCH64 = 0x0710_1984_aaaa_0000n;

const versions = { '1.12': '6.0.0', '1.13': '8.0.0', '1.14': '8.0.0', '1.15': '9.0.0', '1.16': '10.0.0' } as const;

/** Firecracker fills up the structures of KVM, so that these need not have their size. */
const kvmStruct = blob(Buffer.alloc(16));

export function buildVmState(built: BuiltVmState = {}): Buffer {
  const layout = built.layout ?? '1.14';
  const header = struct(u64(built.magic ?? MAGIC_X86_64), text(built.version ?? versions[layout]));
  const encode = from(layout, '1.15') ? encodeBitcode : encodeBincode;
  return withCrc(Buffer.concat([encode(struct(header, microvm(layout, built))), built.behind ?? Buffer.alloc(0)]));
}

/** The bytes with the CRC-64 that they must end with. */
export function withCrc(body: Buffer): Buffer {
  return Buffer.concat([body, eightBytes(crc64(body))]);
}

/** A whole vmstate, its CRC put right after a change. */
export function repaired(file: Buffer): Buffer {
  return withCrc(file.subarray(0, file.length - 8));
}

function microvm(layout: BuiltLayout, built: BuiltVmState): Value {
  const vcpus = list(Array.from({ length: built.vcpus ?? 1 }), () => vcpu());
  const parts = [...machine(built), vm(layout, built), vcpus];
  const mmio = struct(...devices(layout, mmioBus(layout), built));
  if (!from(layout, '1.13')) return struct(...parts, mmio, acpi(layout));
  const pci = struct(bool(built.pciEnabled ?? false), ...devices(layout, pciBus(layout), built.pci ?? {}));
  const serial = from(layout, '1.16') ? some(struct(...[...Array(9).keys()].map(u8), blob(Buffer.from('ls')))) : null;
  return struct(...parts, struct(mmio, acpi(layout), pci, serial));
}

function acpi(layout: BuiltLayout): Value {
  const vmgenid = struct(u32(5), u64(0xdffb0));
  if (!from(layout, '1.14')) return struct(some(vmgenid));
  const newer = from(layout, '1.15');
  const page = struct(
    ...[u32(0x4b4c_4356), u32(4096), u16(1), u8(255), u8(0), u32(0), u64(0), u64(0), times(2, u8(0)), u8(0), u8(0)],
    ...[u16(0), u8(0), u8(0), u64(0), u64(0), u64(0), u64(0), u64(0), u64(0), u64(0), u64(0)],
    newer ? u64(1) : null,
  );
  return struct(vmgenid, struct(u64(0xde000), newer ? u32(6) : null, page));
}

function machine({
  memoryMib = 128n,
  kernelPath = '/vmlinuz',
  initrdPath,
  bootArgs,
  hugePages,
}: BuiltVmState): Value[] {
  const boot = struct(text(kernelPath), optional(initrdPath, text), optional(bootArgs, text));
  const info = struct(u64(memoryMib), bool(false), variant(3), boot, variant(hugePages ? 1 : 0));
  return [info, struct(list(['!56', '171'], text))];
}

function vm(layout: BuiltLayout, built: BuiltVmState): Value {
  const { memoryMib = 128n, regions = [{ base: 0n, size: memoryMib << 20n }] } = built;
  const typed = from(layout, '1.14');
  const memory = list(regions, ({ base, size, hotpluggable, plugged = [true] }) =>
    typed
      ? struct(u64(base), u64(size), variant(hotpluggable ? 1 : 0), list(plugged, bool))
      : struct(u64(base), u64(size)),
  );
  const allocator = from(layout, '1.13') ? allocators(layout, built) : null;
  return struct(struct(memory), allocator, kvmStruct, kvmStruct, kvmStruct, kvmStruct, kvmStruct);
}

function allocators(layout: BuiltLayout, built: BuiltVmState): Value {
  const { nextInterrupt = 9, treeDepth = 1, fullTree = false, systemMemoryStart } = built;
  const root = struct(some(tree(treeDepth, fullTree)));
  const addresses = (start = 0n) => struct(struct(u64(start), u64(0xffff)), root);
  return struct(
    struct(u32(5), optional(nextInterrupt, u32), u32(23), list([], u32)),
    struct(u32(24), some(u32(40)), u32(4095), list([30, 31], u32)),
    addresses(),
    addresses(),
    from(layout, '1.14') ? addresses() : null,
    addresses(systemMemoryStart),
  );
}

function tree(levels: number, full: boolean): Value {
  const child = levels === 1 ? none : some(tree(levels - 1, full));
  return struct(struct(u64(0), u64(0xffff)), variant(levels % 2), child, full ? child : none, u64(levels));
}

function vcpu(): Value {
  const headerOf = (count: number) => blob(Buffer.concat([eightBytes(count)]));
  const cpuid = struct(
    headerOf(2),
    list([kvmStruct, kvmStruct], (entry) => entry),
  );
  const msrs = struct(
    headerOf(1),
    list([kvmStruct], (entry) => entry),
  );
  const registers = Array.from({ length: 7 }, () => kvmStruct);
  const xsave = struct(blob(Buffer.concat([eightBytes(3), Buffer.alloc(32)])), list([1, 2, 3], u32));
  return struct(
    cpuid,
    list([msrs, msrs], (each) => each),
    ...registers,
    xsave,
    some(u32(2_000_000)),
  );
}
