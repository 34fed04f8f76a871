import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Keep } from '../../lib/archive/keep.js';
import {
  type KeptContent,
  keptBytes,
  keptReader,
  keptWhole,
  piecesIn,
  windowsOf,
} from '../../lib/archive/kept-content.js';
import { buildTar, sparseFile } from '../builders/archive.js';
import { entriesOf, refusal } from './every-way.js';

const test = suite('what is kept of a file');

const NOTHING: Keep = { whole: 0, ranges: [] };

async function keptOf(file: ReturnType<typeof sparseFile>, keep: Keep): Promise<KeptContent> {
  const entries = await entriesOf([file], { keep: ({ name }) => (name === file.name ? keep : NOTHING) });
  assert.ok(entries[1] !== undefined);
  return entries[1].kept;
}

/** 1,000 bytes: data at 100 to 109, 500 to 509 and 990 to 999. */
const digits = Buffer.from('0123456789');
const holed = sparseFile('f', 1000, [
  [100, digits],
  [500, digits],
  [990, digits],
]);
const unpacked = Buffer.alloc(1000);
for (const at of [100, 500, 990]) digits.copy(unpacked, at);

test('kept whole, it reads as it would be unpacked, holes as zeros', async () => {
  const kept = await keptOf(holed, { whole: 30, ranges: [] });
  assert.equal(keptWhole(kept, 1000), unpacked);
  for (let from = 0; from < 1000; from += 7) {
    for (const length of [0, 1, 5, 13, 400, 2000]) {
      assert.equal(keptBytes(kept, from, length), unpacked.subarray(from, from + length));
    }
  }
  assert.equal(keptBytes(kept, 1000, 5), Buffer.alloc(0));
  assert.equal(await keptReader(kept)?.(995, 100), Buffer.from('56789'));
});

test('whole is a limit of what the archive stores; a larger one is kept in parts', async () => {
  const kept = await keptOf(holed, { whole: 29, ranges: [{ offset: 0, length: 105 }] });
  assert.is(keptWhole(kept, 1000), null);
  assert.is(keptReader(kept), null);
  assert.equal(keptBytes(kept, 0, 105), unpacked.subarray(0, 105));
  assert.is(keptBytes(kept, 0, 106), null);
  assert.is(kept.bytes.length, 5);
});

test('a whole file that is larger than its reader takes is not given out', async () => {
  const kept = await keptOf(sparseFile('f', 2 ** 45, [[0, digits]]), { whole: 10, ranges: [] });
  assert.is(keptWhole(kept, 2 ** 24), null);
  assert.equal(keptBytes(kept, 2 ** 45 - 512, 600), Buffer.alloc(512));
});

test('parts are put in order, may overlap and reach beyond the end', () => {
  const ranges = [
    { offset: 990, length: 4096 },
    { offset: 0, length: 10 },
    { offset: 5, length: 10 },
    { offset: 15, length: 1 },
    { offset: 2, length: 3 },
    { offset: -5, length: 6 },
    { offset: 1000, length: 1 },
    { offset: 50, length: 0 },
  ];
  assert.equal(windowsOf({ whole: 0, ranges }, 1000, 30), [
    { offset: 0, length: 16 },
    { offset: 990, length: 10 },
  ]);
  assert.equal(windowsOf({ whole: 30, ranges }, 1000, 30), [{ offset: 0, length: 1000 }]);
  assert.equal(windowsOf({ whole: 0, ranges }, 0, 0), []);
});

test('any parts of any file are those of the unpacked one', async () => {
  const random = generator(7);
  for (let round = 0; round < 300; round++) {
    const size = 1 + Math.floor(random() * 60);
    const file = Buffer.alloc(size);
    const data: [number, Buffer][] = [];
    for (let at = 0; at < size; ) {
      const offset = at + Math.floor(random() * 8);
      const bytes = Buffer.alloc(Math.min(1 + Math.floor(random() * 8), Math.max(0, size - offset)), 1 + (round % 255));
      if (bytes.length > 0) data.push([offset, bytes]);
      bytes.copy(file, offset);
      at = offset + Math.max(1, bytes.length);
    }
    const ranges = Array.from({ length: 3 }, () => ({
      offset: Math.floor(random() * size),
      length: Math.floor(random() * 20),
    }));
    const segments = Float64Array.from(data.flatMap(([offset, bytes]) => [offset, bytes.length]));
    const windows = windowsOf({ whole: 0, ranges }, size, Number.POSITIVE_INFINITY);
    const pieces = piecesIn(windows, segments);
    assert.ok(pieces.length <= windows.length + data.length);
    const stored = Buffer.concat(data.map(([, bytes]) => bytes));
    const bytes = Buffer.concat(pieces.map(({ from, length }) => stored.subarray(from, from + length)));
    const kept = { size, windows, pieces, bytes };
    for (const { offset, length } of ranges) {
      assert.equal(keptBytes(kept, offset, length), file.subarray(offset, offset + length));
    }
  }
});

test('what may be kept is bounded over all files, and the one that is too much is named', async () => {
  const files = ['a', 'b', 'c'].map((name) => ({ name, content: Buffer.alloc(1000, name) }));
  const keep = () => ({ whole: 2000, ranges: [] });
  const limits = (keptBytes: number) => ({ keep, limits: { keptBytes } });
  const tar = buildTar({ files });
  // Each costs its content and 100 bytes for its only piece; the first of all has 26 bytes.
  assert.is(await refusal(tar, limits(126 + 3300)), null);
  assert.equal(await refusal(tar, limits(126 + 3299)), {
    reason: 'more would be kept of it than the 1099 bytes that are left for it',
    entry: 'c',
  });
});

/** Park and Miller's generator: the same numbers each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test.run();
