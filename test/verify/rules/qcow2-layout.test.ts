import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { expectedRefcountBlocks } from '../../../lib/qcow2/geometry.js';
import { judgeLayout } from '../../../lib/verify/rules/qcow2-layout.js';
import { overlayHeader } from './qcow2-literals.js';

const test = suite('rule: qcow2 refcount table');

test('an overlay whose refcount table ends before what is written back is denied, by one entry', () => {
  const base = overlayHeader({ clusterBits: 9, l1Size: 2 ** 20, l1TableOffset: 512n, refcountTableOffset: 1024n });
  const of = (clusters: bigint) => ({ ...base, virtualSize: clusters * 512n });
  const short = (clusters: bigint) => judgeLayout(of(clusters), 'overlay').map(({ code }) => code);
  // One cluster of 512 bytes has 64 entries.
  let clusters = 1n;
  while (expectedRefcountBlocks(of(clusters + 1n)) <= 64n) clusters += 1n;
  assert.is(expectedRefcountBlocks(of(clusters)), 64n);
  assert.not(short(clusters).includes('overlay-refcounts-short'));
  assert.ok(short(clusters + 1n).includes('overlay-refcounts-short'));
});

test.run();
