import fc from 'fast-check';

/** A change of some bytes. `at` counts round and round, so that it is somewhere in every file. */
export interface ByteEdit {
  readonly op: 'set' | 'insert' | 'remove' | 'cut';
  readonly at: number;
  /** What is set or inserted. */
  readonly bytes: Uint8Array;
  /** What is removed. Bytes. */
  readonly length: number;
}

/** What fields of lengths, counts and flags are most often confused by. */
const loaded = fc.constantFrom('00', 'ff', '7fffffff', 'ffffffff', '00000001', '8000000000000000', 'ffffffffffffffff');

export const byteEdit: fc.Arbitrary<ByteEdit> = fc.record({
  op: fc.constantFrom('set', 'set', 'set', 'insert', 'remove', 'cut'),
  at: fc.nat(2 ** 31 - 1),
  bytes: fc.oneof(
    loaded.map((hex) => Buffer.from(hex, 'hex')),
    fc.uint8Array({ minLength: 1, maxLength: 9 }).map((bytes) => Buffer.from(bytes)),
  ),
  length: fc.integer({ min: 1, max: 600 }),
});

export function editBytes(file: Buffer, edits: readonly ByteEdit[]): Buffer {
  return edits.reduce(editOnce, file);
}

function editOnce(file: Buffer, { op, at: anywhere, bytes, length }: ByteEdit): Buffer {
  const at = anywhere % (file.length + 1);
  const rest = { set: bytes.length, insert: 0, remove: length, cut: file.length }[op];
  const put = op === 'set' || op === 'insert' ? bytes : Buffer.alloc(0);
  return Buffer.concat([file.subarray(0, at), put, file.subarray(at + rest)]);
}
