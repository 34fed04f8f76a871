/**
 * Small vmstates of any content, as Firecracker 1.12, 1.13 or 1.14 would write them; written from its sources field by
 * field and not from our own layouts, so that the two can disagree.
 */
import { crc64 } from '../../lib/vmstate/crc64.js';
import { blob, bool, join, list, none, optional, some, text, u32, u64 } from './bincode.js';
import { type BuiltDevices, type BuiltLayout, devices, mmioBus, pciBus } from './vmstate-devices.js';

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

const versions = { '1.12': '6.0.0', '1.13': '8.0.0', '1.14': '8.0.0' } as const;

/** Firecracker fills up the structures of KVM, so that these need not have their size. */
const kvmStruct = blob(Buffer.alloc(16));

export function buildVmState(built: BuiltVmState = {}): Buffer {
  const layout = built.layout ?? '1.14';
  const header = join(u64(MAGIC_X86_64), text(built.version ?? versions[layout]));
  return withCrc(join(header, buildState(layout, built), built.behind ?? join()));
}

/** The bytes with the CRC-64 that they must end with. */
export function withCrc(body: Buffer): Buffer {
  return join(body, u64(crc64(body)));
}

/** A whole vmstate, its CRC put right after a change. */
export function repaired(file: Buffer): Buffer {
  return withCrc(file.subarray(0, file.length - 8));
}

function buildState(layout: BuiltLayout, built: BuiltVmState): Buffer {
  const acpi =
    layout === '1.14' ? join(u32(5), u64(0xdffb0), u64(0xde000), Buffer.alloc(104)) : some(join(u32(5), u64(1)));
  const vcpus = list(Array.from({ length: built.vcpus ?? 1 }), () => vcpu());
  const state = join(machine(built), vm(layout, built), vcpus, devices(layout, mmioBus(layout), built), acpi);
  if (layout === '1.12') return state;
  return join(state, bool(built.pciEnabled ?? false), devices(layout, pciBus(layout), built.pci ?? {}));
}

function machine({ memoryMib = 128n, kernelPath = '/vmlinuz', initrdPath, bootArgs, hugePages }: BuiltVmState): Buffer {
  const boot = join(text(kernelPath), optional(initrdPath, text), optional(bootArgs, text));
  const capabilities = list(['!56', '171'], text);
  return join(u64(memoryMib), bool(false), u32(3), boot, u32(hugePages ? 1 : 0), capabilities);
}

function vm(layout: BuiltLayout, built: BuiltVmState): Buffer {
  const { memoryMib = 128n, regions = [{ base: 0n, size: memoryMib << 20n }], treeDepth = 1 } = built;
  const memory = list(regions, ({ base, size, hotpluggable, plugged = [true] }) => {
    const kind = layout === '1.14' ? join(u32(hotpluggable ? 1 : 0), list(plugged, bool)) : join();
    return join(u64(base), u64(size), kind);
  });
  const { nextInterrupt = 9 } = built;
  const legacyIds = join(u32(5), optional(nextInterrupt, u32), u32(23), list([], u32));
  const msiIds = join(u32(24), some(u32(40)), u32(4095), list([30, 31], u32));
  const addresses = (start = 0n) => join(u64(start), u64(0xffff), some(tree(treeDepth)));
  const spaces = [
    addresses(),
    addresses(),
    ...(layout === '1.14' ? [addresses()] : []),
    addresses(built.systemMemoryStart),
  ];
  const allocator = layout === '1.12' ? join() : join(legacyIds, msiIds, ...spaces);
  return join(memory, allocator, kvmStruct, kvmStruct, kvmStruct, kvmStruct, kvmStruct);
}

function tree(levels: number): Buffer {
  let node = join();
  for (let level = 1; level <= levels; level++) {
    const child = level === 1 ? none : some(node);
    node = join(u64(0), u64(0xffff), u32(level % 2), child, none, u64(level));
  }
  return node;
}

function vcpu(): Buffer {
  const headerOf = (count: number) => blob(join(u32(count), u32(0)));
  const cpuid = join(
    headerOf(2),
    list([kvmStruct, kvmStruct], (entry) => entry),
  );
  const msrs = join(
    headerOf(1),
    list([kvmStruct], (entry) => entry),
  );
  const registers = Array.from({ length: 7 }, () => kvmStruct);
  const xsave = join(blob(join(u64(3), Buffer.alloc(32))), list([1, 2, 3], u32));
  return join(
    cpuid,
    list([msrs, msrs], (each) => each),
    ...registers,
    xsave,
    some(u32(2_000_000)),
  );
}
