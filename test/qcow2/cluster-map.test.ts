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

test('the next metadata cluster is found over empty pages, and data is passed over', () => {
  const map = createClusterMap();
  for (const cluster of [3, 200_001]) map.setUse(cluster, METADATA);
  for (const cluster of [0, 5, 200_000]) map.setUse(cluster, DATA);
  assert.is(map.nextMetadata(0, 300_000), 3);
  assert.is(map.nextMetadata(3, 300_000), 3);
  assert.is(map.nextMetadata(4, 300_000), 200_001);
  assert.is(map.nextMetadata(4, 200_001), -1);
  assert.is(map.nextMetadata(200_002, 2 ** 28), -1);
});

test.run();
