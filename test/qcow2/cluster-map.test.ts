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

test.run();
