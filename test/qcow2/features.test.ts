import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as features from '../../lib/qcow2/features.js';

const test = suite('feature bits');

/** The bits that are set in a number, in its order. */
const bitsOf = (bits: bigint) =>
  bits
    .toString(2)
    .split('')
    .reverse()
    .flatMap((digit, at) => (digit === '1' ? [at] : []));

test('each bit is that of the specification', () => {
  const { DIRTY, CORRUPT, EXTERNAL_DATA_FILE, COMPRESSION_TYPE, EXTENDED_L2, LAZY_REFCOUNTS } = features;
  const inOrder = [DIRTY, CORRUPT, EXTERNAL_DATA_FILE, COMPRESSION_TYPE, EXTENDED_L2];
  assert.equal(inOrder.map(bitsOf), [[0], [1], [2], [3], [4]]);
  assert.equal(bitsOf(features.KNOWN_INCOMPATIBLE), [0, 1, 2, 3, 4]);
  assert.equal([LAZY_REFCOUNTS, features.BITMAPS, features.RAW_EXTERNAL_DATA].map(bitsOf), [[0], [0], [1]]);
});

test('bits are told by their names, and those without one by their number', () => {
  const all = 2n ** 64n - 1n;
  const { incompatible, compatible, autoclear } = features.featureNames({
    incompatible: all,
    compatible: all,
    autoclear: all,
  });
  const from = (first: number) => Array.from({ length: 64 - first }, (_, at) => `unknown-${first + at}`);
  const known = ['dirty', 'corrupt', 'external-data-file', 'compression-type', 'extended-l2'];
  assert.equal(incompatible, [...known, ...from(5)]);
  assert.equal(compatible, ['lazy-refcounts', ...from(1)]);
  assert.equal(autoclear, ['bitmaps', 'raw-external-data', ...from(2)]);
  const none = { incompatible: 0n, compatible: 0n, autoclear: 0n };
  assert.equal(features.featureNames(none), { incompatible: [], compatible: [], autoclear: [] });
});

test.run();
