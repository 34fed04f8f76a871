import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Qcow2Header } from '../../lib/qcow2/header.js';
import { walkL2 } from '../../lib/qcow2/l2-table.js';
import { MAX_SHARED_CLUSTERS } from '../../lib/qcow2/limits.js';
import { startWalk, type Walk } from '../../lib/qcow2/walk.js';
import { overlayHeader } from '../verify/rules/qcow2-literals.js';

const test = suite('an L2 table');

const COPIED = 1n << 63n;
const COMPRESSED = 1n << 62n;

function walkOver(changes: Partial<Qcow2Header>): Walk {
  const read = () => assert.unreachable('it reads nothing by itself') as never;
  return startWalk(read, overlayHeader({ virtualSize: 1n << 43n, ...changes }), { isWritten: true });
}

function walked(walk: Walk, entries: readonly bigint[]): Walk {
  const table = Buffer.alloc(entries.length * 8);
  for (const [index, entry] of entries.entries()) table.writeBigUInt64BE(entry, index * 8);
  walkL2(walk, table, 0x40000, 0, 'active');
  return walk;
}

test('a cluster at any offset is no compressed one', () => {
  for (const bit of [16n, 31n, 32n, 33n, 40n]) {
    const offset = 1n << bit;
    const walk = walked(walkOver({ clusterBits: 16, fileSize: 2 ** 41 }), [COPIED | offset]);
    assert.equal([walk.counts.data, walk.counts.compressed, walk.problemCount], [1, 0, 0], `bit ${bit}`);
    assert.is(walk.lastCluster, Number(offset) / 65_536);
  }
});

/** `clusters` host clusters, in each of which two compressed clusters lie; in the first of them `more` others. */
function shared(clusters: number, more = 0): Walk {
  const first = COMPRESSED | 512n;
  const entries = Array.from({ length: clusters * 2 }, (_, index) => first + BigInt((index >> 1) * 512));
  const walk = walkOver({ clusterBits: 9, fileSize: (MAX_SHARED_CLUSTERS + 16) * 512 });
  return walked(walk, [...entries, ...Array.from({ length: more }, () => first)]);
}

test('clusters that compressed ones share are counted up to a limit', () => {
  const most = shared(MAX_SHARED_CLUSTERS, 2);
  assert.equal([most.tooLarge, most.shared?.size, most.problemCount], [null, MAX_SHARED_CLUSTERS, 0]);
  assert.is(most.shared?.get(1), 4);
  const over = shared(MAX_SHARED_CLUSTERS + 1);
  assert.is(over.tooLarge, `more than ${MAX_SHARED_CLUSTERS} clusters that compressed ones share`);
  assert.is(over.shared?.size, MAX_SHARED_CLUSTERS);
});

test.run();
