import fc from 'fast-check';
import { type ByteEdit, byteEdit, editedBytes } from './byte-edits.js';
import type { Layout, Qcow2Seed } from './qcow2-seeds.js';

/** Fields of the header: offset and bytes. */
const fields = {
  version: [4, 4],
  backing_file_offset: [8, 8],
  backing_file_size: [16, 4],
  cluster_bits: [20, 4],
  size: [24, 8],
  crypt_method: [32, 4],
  l1_size: [36, 4],
  l1_table_offset: [40, 8],
  refcount_table_offset: [48, 8],
  refcount_table_clusters: [56, 4],
  nb_snapshots: [60, 4],
  snapshots_offset: [64, 8],
  incompatible_features: [72, 8],
  compatible_features: [80, 8],
  autoclear_features: [88, 8],
  refcount_order: [96, 4],
  header_length: [100, 4],
  compression_type: [104, 1],
} as const;

type Field = keyof typeof fields;
type Table = 'l1' | 'l2' | 'refcountTable' | 'refcountBlock';

export type Qcow2Edit =
  | { readonly kind: 'field'; readonly field: Field; readonly value: bigint }
  /** An entry of a table, which counts round and round. */
  | { readonly kind: 'entry'; readonly table: Table; readonly index: number; readonly value: bigint }
  /** Type and length of an extension, so many times eight bytes behind the header. */
  | { readonly kind: 'extension'; readonly slot: number; readonly type: number; readonly length: number }
  /** Entries of a table of internal snapshots at the end of the file, each with an L1 table so far from the last. */
  | {
      readonly kind: 'snapshots';
      readonly count: number;
      readonly first: bigint;
      readonly apart: bigint;
      readonly l1Size: number;
    }
  | { readonly kind: 'bytes'; readonly edit: ByteEdit };

const edges = [0, 1, 2, 3, 7, 8, 9, 16, 21, 22, 31, 32, 63, 64, 72, 100, 104, 111, 112, 511, 512, 4096, 65535, 65536];
const powers = [31n, 32n, 40n, 44n, 47n, 53n, 56n, 62n, 63n, 64n].flatMap((bit) => [
  (1n << bit) - 1n,
  1n << bit,
  (1n << bit) + 1n,
]);

/** Places in the file, with the flags that entries of L1 and L2 tables have, rightly or not. */
const target = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: fc.nat(10) }, fc.nat(600)),
    fc.constantFrom(9n, 9n, 10n, 12n, 16n),
    fc.constantFrom(
      1n << 63n,
      1n << 63n,
      1n << 63n,
      0n,
      1n,
      1n << 63n,
      (1n << 63n) | 1n,
      1n << 62n,
      3n << 62n,
      1n << 56n,
      2n,
    ),
  )
  .map(([cluster, bits, flags]) => (BigInt(cluster) << bits) | flags);

const value = fc.oneof(
  fc.constantFrom(...edges.map(BigInt), ...powers),
  target,
  fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
);

export const qcow2Edit: fc.Arbitrary<Qcow2Edit> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('field' as const),
      field: fc.constantFrom(...(Object.keys(fields) as Field[])),
      value,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('entry' as const),
      table: fc.constantFrom(
        'l1' as const,
        'l2' as const,
        'l2' as const,
        'refcountTable' as const,
        'refcountBlock' as const,
      ),
      index: fc.nat(255),
      value: fc.oneof(target, value),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('extension' as const),
      slot: fc.nat(40),
      type: fc.constantFrom(0, 0xe2792aca, 0x6803f857, 0x23852875, 0x0537be77, 0x44415441, 0x12345678),
      length: fc.oneof(fc.nat(600), fc.constantFrom(0x7fffffff, 0xffffffff)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('snapshots' as const),
      count: fc.oneof({ weight: 9, arbitrary: fc.nat(40) }, fc.constantFrom(3000, 65_537)),
      first: target,
      apart: fc.oneof(fc.constant(0n), target),
      l1Size: fc.oneof(fc.nat(4096), fc.constantFrom(2 ** 22, 2 ** 22 + 1, 2 ** 32 - 1)),
    }),
  },
  { weight: 2, arbitrary: byteEdit.map((edit) => ({ kind: 'bytes' as const, edit })) },
);

export function editQcow2({ image, layout }: Qcow2Seed, edits: readonly Qcow2Edit[]): Buffer {
  return edits.reduce((file: Buffer, edit) => editOnce(file, layout, edit), Buffer.from(image));
}

function editOnce(file: Buffer, layout: Layout, edit: Qcow2Edit): Buffer {
  switch (edit.kind) {
    case 'field':
      return withNumber(file, fields[edit.field][0], fields[edit.field][1], edit.value);
    case 'entry': {
      const table = layout[edit.table];
      const entries = layout.clusterSize / 8;
      return table === 0 ? file : withNumber(file, table + (edit.index % entries) * 8, 8, edit.value);
    }
    case 'extension': {
      const at = 104 + edit.slot * 8;
      return withNumber(withNumber(file, at, 4, BigInt(edit.type)), at + 4, 4, BigInt(edit.length));
    }
    case 'snapshots':
      return withSnapshots(file, layout, edit);
    case 'bytes':
      return editedBytes(file, [edit.edit]);
  }
}

/** The number cut to the field; nothing where the file does not reach. */
function withNumber(file: Buffer, at: number, bytes: number, number: bigint): Buffer {
  if (at + bytes > file.length) return file;
  const written = Buffer.alloc(8);
  written.writeBigUInt64BE(BigInt.asUintN(64, number));
  written.copy(file, at, 8 - bytes);
  return file;
}

function withSnapshots(file: Buffer, { clusterSize }: Layout, edit: Extract<Qcow2Edit, { kind: 'snapshots' }>): Buffer {
  const at = Math.ceil(file.length / clusterSize) * clusterSize;
  const table = Buffer.alloc(edit.count * 40);
  for (let index = 0; index < edit.count; index++) {
    table.writeBigUInt64BE(BigInt.asUintN(64, edit.first + edit.apart * BigInt(index)), index * 40);
    table.writeUInt32BE(edit.l1Size, index * 40 + 8);
  }
  const whole = Buffer.concat([file, Buffer.alloc(at - file.length), table]);
  return withNumber(withNumber(whole, 60, 4, BigInt(edit.count)), 64, 8, BigInt(at));
}
