import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMPRESSED, createClusterMap, DATA, FREE, METADATA } from '../../lib/qcow2/cluster-map.js';

const test = suite('qcow2 cluster map');

test('neighbours keep their own use, across bytes and pages', () => {
  const map = createClusterMap();
  const uses = [METADATA, DATA, COMPRESSED, FREE, DATA, METADATA];
  for (const start of [0, 65533, 2 ** 28 - 6]) {
    for (const [at, use] of uses.entries()) map.setUse(start + at, use);
    assert.equal(
      uses.map((_, at) => map.use(start + at)),
      uses,
    );
  }
  map.setUse(0, DATA);
  assert.is(map.use(0), DATA);
  assert.is(map.use(1_000_000), FREE);
});

test('the next cluster in use is found over empty pages, whatever it is used for', () => {
  const map = createClusterMap();
  map.setUse(3, METADATA);
  map.setUse(5, FREE);
  map.setUse(200_001, DATA);
  map.setUse(200_002, COMPRESSED);
  assert.is(map.nextUsed(0, 300_000), 3);
  assert.is(map.nextUsed(3, 300_000), 3);
  assert.is(map.nextUsed(4, 300_000), 200_001);
  assert.is(map.nextUsed(4, 200_001), -1);
  assert.is(map.nextUsed(200_002, 200_003), 200_002);
  assert.is(map.nextUsed(200_003, 2 ** 28), -1);
});

test('the next cluster in use is found from any cluster on, in whatever place of its byte it stands', () => {
  for (const use of [METADATA, DATA, COMPRESSED]) {
    for (let at = 8; at < 16; at++) {
      const map = createClusterMap();
      map.setUse(at, use);
      for (let from = 0; from <= at; from++) assert.is(map.nextUsed(from, 40), at, `${at} from ${from}`);
      assert.is(map.nextUsed(at + 1, 40), -1);
    }
  }
});

test('the first and the last cluster of a page are found over empty pages', () => {
  for (const at of [65_535, 65_536, 3 * 65_536 - 1, 3 * 65_536]) {
    const map = createClusterMap();
    map.setUse(at, METADATA);
    for (const from of [0, 1, 65_534]) assert.is(map.nextUsed(from, 2 ** 20), at, `${at} from ${from}`);
  }
});

test.run();
