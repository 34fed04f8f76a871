/** Damage to a database: its header, the heads of its pages and its cells are a small part of its bytes. */
import fc from 'fast-check';
import type { ByteEdit } from './byte-edits.js';

const PAGE = 4096;

const page = fc.nat(60);
const within = fc.oneof(fc.nat(15), fc.nat(100), fc.integer({ min: PAGE - 600, max: PAGE - 1 }), fc.nat(PAGE - 1));
const place = fc.tuple(page, within).map(([number, offset]) => number * PAGE + offset);
const header = fc.nat(99);

export const databaseEdits: fc.Arbitrary<ByteEdit[]> = fc.array(
  fc.oneof(
    fc.record({
      how: fc.constant('set' as const),
      at: fc.oneof(header, place),
      bytes: fc.nat(255).map((byte) => Buffer.of(byte)),
    }),
    fc.record({ how: fc.constant('flip' as const), at: fc.oneof(header, place), bit: fc.nat(7) }),
    // A page in another one's place, and pieces of pages.
    fc.record({
      how: fc.constant('copy' as const),
      at: page.map((number) => number * PAGE),
      from: page.map((number) => number * PAGE),
      length: fc.constantFrom(PAGE, 8, 100),
    }),
    fc.record({
      how: fc.constant('cut' as const),
      at: fc.oneof(
        place,
        page.map((number) => number * PAGE),
      ),
    }),
  ) as fc.Arbitrary<ByteEdit>,
  { minLength: 1, maxLength: 6 },
);
