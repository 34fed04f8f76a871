import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readSparseMap } from '../../lib/archive/sparse-map.js';
import { mapText } from '../builders/archive.js';
import { refusalOf } from './every-way.js';

const test = suite("cocoon's sparse map");

test('it is a list of offsets and lengths, and null for nothing but holes', () => {
  const read = (text: string) => [...readSparseMap(text)];
  assert.equal(read('[{"o":0,"l":4096}]'), [0, 4096]);
  assert.equal(
    read(
      mapText([
        [1, 2],
        [9_007_199_254_740_991, 4],
      ]),
    ),
    [1, 2, 9_007_199_254_740_991, 4],
  );
  assert.equal(read(mapText(Array.from({ length: 1000 }, (_, index) => [index % 10, 1]))).length, 2000);
  assert.equal(read('null'), []);
  assert.equal(read('[]'), []);
});

test('it has one spelling: Go folds the case of keys, takes the last of two and 0 for none', () => {
  for (const text of [
    '',
    ' null',
    'null ',
    '{}',
    '[',
    '[{}]',
    '[null]',
    '[{"o":0}]',
    '[{"l":1}]',
    '[{"o":0,"l":1}',
    '{"o":0,"l":1}',
    '[{"o":0,"l":1},]',
    '[{"o":0,"l":1}] ',
    '[{"o":0,"l":1}]]',
    '[[{"o":0,"l":1}]]',
    '[,{"o":0,"l":1}]',
    '[{"o":0,"l":1}{"o":2,"l":1}]',
    '[ {"o":0,"l":1}]',
    '[{"o": 0,"l":1}]',
    '[{"l":1,"o":0}]',
    '[{"O":0,"l":1}]',
    '[{"o":0,"L":1}]',
    '[{"o":0,"l":1,"l":2}]',
    '[{"o":0,"l":1,"x":2}]',
    '[{"\\u006f":0,"l":1}]',
    '[{"o":,"l":1}]',
    '[{"o":00,"l":1}]',
    '[{"o":0,"l":01}]',
    '[{"o":-1,"l":1}]',
    '[{"o":-0,"l":1}]',
    '[{"o":0,"l":-1}]',
    '[{"o":0.0,"l":1}]',
    '[{"o":0,"l":1e3}]',
    '[{"o":"0","l":1}]',
    '[{"o":null,"l":1}]',
    '[{"o":0,"l":10000000000000000}]',
  ]) {
    assert.throws(() => readSparseMap(text), /is not written as cocoon writes it, from its character \d+ on/, text);
  }
});

const refusedWith = (size: number | string, segments: readonly [number, number][], stored: number) =>
  refusalOf({ name: 'cow.raw', content: Buffer.alloc(stored, 'x'), sparse: { size, segments } });

test('its segments ascend, apart from one another, inside the file', async () => {
  assert.is(
    await refusedWith(
      100,
      [
        [0, 10],
        [90, 10],
      ],
      20,
    ),
    null,
  );
  assert.is(
    await refusedWith(
      100,
      [
        [0, 10],
        [10, 10],
      ],
      20,
    ),
    null,
  );
  const overlap = 'segment 1 begins before the end of the one before it';
  assert.is(
    await refusedWith(
      100,
      [
        [0, 10],
        [9, 11],
      ],
      21,
    ),
    overlap,
  );
  assert.is(
    await refusedWith(
      100,
      [
        [90, 10],
        [0, 10],
      ],
      20,
    ),
    overlap,
  );
  assert.is(
    await refusedWith(
      100,
      [
        [0, 10],
        [0, 10],
      ],
      20,
    ),
    overlap,
  );
  assert.is(
    await refusedWith(
      100,
      [
        [0, 10],
        [90, 11],
      ],
      21,
    ),
    'segment 1 ends beyond the file',
  );
  assert.is(await refusedWith(100, [[101, 1]], 1), 'segment 0 ends beyond the file');
  assert.is(await refusedWith(100, [[100, 1]], 1), 'segment 0 ends beyond the file');
  assert.is(await refusedWith(100, [[2 ** 53, 1]], 1), 'segment 0 ends beyond the file');
  assert.is(await refusedWith(100, [[1, 9_007_199_254_740_991]], 1), 'segment 0 ends beyond the file');
  assert.is(await refusedWith(100, [[0, 0]], 0), 'segment 0 holds nothing');
});

test('its segments have all that the archive has of the file', async () => {
  assert.is(await refusedWith(100, [[0, 10]], 9), 'the segments have 10 bytes, the archive has 9 of the file');
  assert.is(await refusedWith(100, [[0, 10]], 11), 'the segments have 10 bytes, the archive has 11 of the file');
  assert.is(await refusedWith(100, [], 1), 'the segments have 0 bytes, the archive has 1 of the file');
  assert.is(await refusedWith(0, [], 0), null);
});

test('map and size come together', async () => {
  const file = { name: 'cow.raw', content: 'x' };
  assert.is(
    await refusalOf({ ...file, records: [['COCOON.sparse.size', '1']] }),
    'it has the size of a sparse file, and no map',
  );
  assert.is(
    await refusalOf({ ...file, records: [['COCOON.sparse.map', '[{"o":0,"l":1}]']] }),
    'it has the map of a sparse file, and no size',
  );
});

test.run();
