import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { property } from '../property.js';
import { decodeInput, encodeInput } from '../saved-inputs.js';

const anything = fc.anything({
  maxDepth: 3,
  withBigInt: true,
  withNullPrototype: false,
  values: [fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null), fc.bigInt()],
});

export const properties = [
  property({
    name: 'a saved input is read back as it was',
    inputs: fc.array(
      fc.oneof(
        anything,
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
    ),
    holds: (input) => assert.equal(decodeInput(encodeInput(input)), input),
    quickRuns: 500,
  }),
];
