import fc from 'fast-check';
import type { ArchiveFile } from '../../builders/archive.js';

/** A file of an archive as plain data, so that it can be saved. */
export interface FileSpec {
  readonly name: string;
  readonly content: Uint8Array;
  /** Null for a file without holes. */
  readonly sparse: { readonly size: bigint; readonly segments: readonly (readonly [bigint, bigint])[] } | null;
  readonly records: readonly (readonly [string, string])[];
  /** Bytes of the header that are changed before its sum is computed. */
  readonly header: readonly { readonly at: number; readonly byte: number }[];
  readonly type: string;
  /** What the header says of the size, if not the truth. */
  readonly size: number | null;
  readonly padding: number;
}

const names = [
  ...[
    'cow.raw',
    'cocoon.json',
    'config.json',
    'overlay.qcow2',
    'memory-ranges',
    'state.json',
    'vmstate',
    'data-d1.raw',
  ],
  ...[
    'snapshot.json',
    'Cow.raw',
    'ä.raw',
    '../cow.raw',
    '.',
    '..',
    'a/b',
    '',
    'a\nb',
    'x'.repeat(255),
    'x'.repeat(256),
  ],
];
const offset = fc.oneof(
  fc.bigInt({ min: 0n, max: 2000n }),
  fc.constantFrom(2n ** 32n, 2n ** 46n, 2n ** 53n, 2n ** 63n),
);
const segments = fc.oneof(
  // In their order and apart from one another.
  fc
    .array(fc.tuple(fc.bigInt({ min: 0n, max: 100n }), fc.bigInt({ min: 1n, max: 100n })), { maxLength: 5 })
    .map(inOrder),
  fc.array(fc.tuple(offset, offset), { maxLength: 3 }),
);
const record = fc.tuple(
  fc.constantFrom(
    'path',
    'size',
    'mtime',
    'uid',
    'linkpath',
    'GNU.sparse.major',
    'GNU.sparse.name',
    'COCOON.sparse.map',
  ),
  fc.constantFrom('', '0', '1', 'cow.raw', '../x', '12345678901', '[{"o":0,"l":1}]', 'null', 'a\u0000', '1.5'),
);

export const fileSpec: fc.Arbitrary<FileSpec> = fc.record({
  name: fc.constantFrom(...names.slice(0, 8), ...names),
  content: fc.uint8Array({ maxLength: 1100 }),
  sparse: fc.option(fc.record({ size: fc.oneof(fc.constant(2000n), offset), segments }), { nil: null, freq: 1 }),
  records: fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, fc.array(record, { maxLength: 2 })),
  header: fc.oneof(
    { weight: 5, arbitrary: fc.constant([]) },
    fc.array(fc.record({ at: fc.nat(511), byte: fc.constantFrom(0, 32, 48, 49, 55, 56, 120, 128, 255) }), {
      maxLength: 2,
    }),
  ),
  type: fc.constantFrom('0', '0', '0', '0', '0', '0', '0', '0', '\0', '1', '2', '5', 'x', 'g', 'L', 'S'),
  size: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, fc.constantFrom(0, 1, 512, 513, 0o77777777777)),
  padding: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1),
});

/** The content of a sparse file is cut or filled to what its segments hold, as far as that is little. */
export function archiveFile(spec: FileSpec): ArchiveFile {
  const { name, sparse, records, header, type, size, padding } = spec;
  const stored = sparse?.segments.reduce((sum, [, length]) => sum + length, 0n) ?? 0n;
  const content =
    sparse !== null && stored <= 4096n
      ? Buffer.alloc(Number(stored), Buffer.from('segment'))
      : Buffer.from(spec.content);
  const edit = (block: Buffer) => {
    for (const { at, byte } of header) block.writeUInt8(byte, at);
  };
  return {
    name,
    content,
    records,
    type,
    padding,
    header: edit,
    ...(sparse === null ? {} : { sparse }),
    ...(size === null ? {} : { size }),
  };
}

function inOrder(gaps: readonly (readonly [bigint, bigint])[]): [bigint, bigint][] {
  let end = 0n;
  return gaps.map(([gap, length]) => {
    const begin = end + gap;
    end = begin + length;
    return [begin, length];
  });
}
