import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DOCUMENT_BYTES, keepOfSnapshot, OVERLAY_HEAD_BYTES } from '../../lib/archive/keep.js';
import { windowsOf } from '../../lib/archive/kept-content.js';
import { MAX_CLUSTER_BITS } from '../../lib/qcow2/limits.js';
import { DOCUMENT_LIMIT } from '../../lib/store/json-limits.js';

const test = suite('what is kept of a snapshot');

/** The windows of a file that stores all its bytes. */
const kept = (name: string, size: number) => {
  const keep = keepOfSnapshot({ name, size, stored: size });
  return windowsOf(keep, size, size).map(({ offset, length }) => [offset, length]);
};

test('documents as large as their readers take, and the first cluster of any overlay', () => {
  assert.is(DOCUMENT_BYTES, DOCUMENT_LIMIT);
  assert.is(OVERLAY_HEAD_BYTES, 2 ** MAX_CLUSTER_BITS);
});

test('documents whole, or nothing of them', () => {
  for (const name of ['snapshot.json', 'cocoon.json', 'config.json', 'state.json']) {
    assert.equal(kept(name, DOCUMENT_LIMIT), [[0, DOCUMENT_LIMIT]]);
    assert.equal(kept(name, DOCUMENT_LIMIT + 1), []);
  }
  assert.equal(kept('vmstate', 2 ** 22), [[0, 2 ** 22]]);
  assert.equal(kept('vmstate', 2 ** 22 + 1), []);
});

test('a small overlay whole, of a large one both ends', () => {
  assert.equal(kept('overlay.qcow2', 2 ** 23), [[0, 2 ** 23]]);
  assert.equal(kept('overlay.qcow2', 2 ** 23 + 1), [
    [0, 2 ** 21],
    [2 ** 23 - 511, 512],
  ]);
});

test('both ends of raw disks', () => {
  for (const name of ['cow.raw', 'cidata.img', 'data-x.raw', 'data-.raw']) {
    assert.equal(kept(name, 2 ** 20), [
      [0, 65_536],
      [2 ** 20 - 512, 512],
    ]);
    assert.equal(kept(name, 100), [[0, 100]]);
    assert.equal(kept(name, 0), []);
  }
});

test('of memory and of what nobody knows nothing', () => {
  for (const name of ['memory-ranges', 'mem', 'Cocoon.json', 'data-x.rawx', 'xcow.raw'])
    assert.equal(kept(name, 99), []);
});

test.run();
