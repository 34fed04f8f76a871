import fc from 'fast-check';

/** Damage to bytes as plain data. Places count round and round, so that each is somewhere in every file. */
export type ByteEdit =
  /** Writes over what is there, and past the end where that is near. */
  | { readonly how: 'set' | 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly how: 'append'; readonly bytes: Uint8Array }
  | { readonly how: 'flip'; readonly at: number; readonly bit: number }
  | { readonly how: 'drop'; readonly at: number; readonly length: number }
  /** Writes bytes of one place over those of another. */
  | { readonly how: 'copy'; readonly at: number; readonly from: number; readonly length: number }
  | { readonly how: 'cut'; readonly at: number };

/** What fields of lengths, counts and flags are most often confused by. */
const loaded = ['00', 'ff', '7fffffff', 'ffffffff', '00000001', '8000000000000000', 'ffffffffffffffff'];
/** What means something in JSON, lines and paths. */
const marks = [...'"{}[],:\\ \n\t0/\0'];

const at = fc.nat(2 ** 31 - 1);
const length = fc.integer({ min: 1, max: 600 });
const bytes = fc.oneof(
  fc.constantFrom(...marks).map((mark) => Buffer.from(mark)),
  fc.nat(255).map((byte) => Buffer.of(byte)),
  fc.constantFrom(...loaded).map((hex) => Buffer.from(hex, 'hex')),
  fc.uint8Array({ minLength: 1, maxLength: 9 }).map((all) => Buffer.from(all)),
);

export const byteEdit: fc.Arbitrary<ByteEdit> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ how: fc.constant('set' as const), at, bytes }) },
  fc.record({ how: fc.constant('insert' as const), at, bytes }),
  fc.record({ how: fc.constant('append' as const), bytes }),
  fc.record({ how: fc.constant('flip' as const), at, bit: fc.nat(7) }),
  fc.record({ how: fc.constant('drop' as const), at, length }),
  fc.record({ how: fc.constant('copy' as const), at, from: at, length }),
  fc.record({ how: fc.constant('cut' as const), at }),
);

export const byteEdits = fc.array(byteEdit, { minLength: 1, maxLength: 5 });

/** Other bytes than the original, which stay as they are. */
export function editedBytes(original: Buffer, edits: readonly ByteEdit[]): Buffer {
  return edits.reduce(edited, Buffer.from(original));
}

function edited(file: Buffer, edit: ByteEdit): Buffer {
  const placeOf = (number: number) => (file.length === 0 ? 0 : number % file.length);
  if (edit.how === 'append') return Buffer.concat([file, edit.bytes]);
  const place = placeOf(edit.at);
  const [before, after] = [file.subarray(0, place), file.subarray(place)];
  switch (edit.how) {
    case 'set':
      return Buffer.concat([before, edit.bytes, after.subarray(edit.bytes.length)]);
    case 'insert':
      return Buffer.concat([before, edit.bytes, after]);
    case 'flip':
      return Buffer.concat([before, Buffer.of((after[0] ?? 0) ^ (1 << edit.bit)), after.subarray(1)]);
    case 'drop':
      return Buffer.concat([before, after.subarray(edit.length)]);
    case 'copy': {
      const from = placeOf(edit.from);
      const piece = file.subarray(from, from + edit.length);
      return Buffer.concat([before, piece, after.subarray(piece.length)]);
    }
    case 'cut':
      return before;
  }
}
