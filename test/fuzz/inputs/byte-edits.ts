import fc from 'fast-check';

/** Damage to bytes; places are numbers modulo the length. */
export type ByteEdit =
  | { readonly how: 'set' | 'insert'; readonly at: number; readonly byte: number }
  | { readonly how: 'flip'; readonly at: number; readonly bit: number }
  | { readonly how: 'drop'; readonly at: number; readonly bytes: number }
  /** Writes bytes of one place over those of another. */
  | { readonly how: 'copy'; readonly at: number; readonly from: number; readonly bytes: number }
  | { readonly how: 'cut'; readonly at: number };

const at = fc.nat(1_000_000);
/** What means something in JSON, lines and paths, and any byte. */
const byte = fc.oneof(fc.constantFrom(...Buffer.from('"{}[],:\\ \n\t0/\0')), fc.nat(255));

export const byteEdits = fc.array(
  fc.oneof(
    fc.record({ how: fc.constantFrom('set' as const, 'insert' as const), at, byte }),
    fc.record({ how: fc.constant('flip' as const), at, bit: fc.nat(7) }),
    fc.record({ how: fc.constant('drop' as const), at, bytes: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ how: fc.constant('copy' as const), at, from: at, bytes: fc.integer({ min: 1, max: 600 }) }),
    fc.record({ how: fc.constant('cut' as const), at }),
  ) as fc.Arbitrary<ByteEdit>,
  { minLength: 1, maxLength: 5 },
);

export function editedBytes(original: Buffer, edits: readonly ByteEdit[]): Buffer {
  return edits.reduce(edited, original);
}

function edited(bytes: Buffer, edit: ByteEdit): Buffer {
  const place = bytes.length === 0 ? 0 : edit.at % bytes.length;
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  switch (edit.how) {
    case 'set':
      return Buffer.concat([before, Buffer.of(edit.byte), after.subarray(1)]);
    case 'insert':
      return Buffer.concat([before, Buffer.of(edit.byte), after]);
    case 'flip':
      return Buffer.concat([before, Buffer.of((after[0] ?? 0) ^ (1 << edit.bit)), after.subarray(1)]);
    case 'drop':
      return Buffer.concat([before, after.subarray(edit.bytes)]);
    case 'copy': {
      const from = bytes.length === 0 ? 0 : edit.from % bytes.length;
      const piece = bytes.subarray(from, from + edit.bytes);
      return Buffer.concat([before, piece, after.subarray(piece.length)]);
    }
    case 'cut':
      return before;
  }
}
