import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ReadAt } from '../../lib/file/read-at.js';
import { walkTables } from '../../lib/qcow2/tables.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { headerOf, problemKinds, tablesOf } from './in-memory.js';

const test = suite('qcow2 internal snapshots');

const CLUSTER = 4096;
const REFCOUNT_TABLE = CLUSTER;
const REFCOUNT_BLOCK = 2 * CLUSTER;
const L1 = 3 * CLUSTER;
const L2 = 4 * CLUSTER;
const DATA = 5 * CLUSTER;
/** Behind the two clusters of data: the table of snapshots, the L1 table of each, an L2 table that only they have. */
const TABLE = 7 * CLUSTER;
const FIRST_L1 = 8 * CLUSTER;
const SECOND_L1 = 9 * CLUSTER;
const OWN_L2 = 10 * CLUSTER;

function entry(l1: number, l1Size = 2): Buffer {
  const bytes = Buffer.alloc(48);
  bytes.writeBigUInt64BE(BigInt(l1), 0);
  bytes.writeUInt32BE(l1Size, 8);
  bytes.writeUInt16BE(1, 12);
  bytes.writeUInt16BE(1, 14);
  bytes.write('1a', 40);
  return bytes;
}

/** An image with two snapshots that share the active L2 table and have one of their own together. */
function image(change: (file: Buffer) => void = () => {}): Buffer {
  const clusters = [0, 7].map((index) => ({ index, data: Buffer.alloc(CLUSTER, 1) }));
  const active = buildQcow2({ virtualSize: 4 * 2 ** 20, clusterBits: 12, clusters });
  const file = Buffer.concat([active, Buffer.alloc(4 * CLUSTER)]);
  file.writeUInt32BE(2, 60);
  file.writeBigUInt64BE(BigInt(TABLE), 64);
  entry(FIRST_L1).copy(file, TABLE);
  entry(SECOND_L1).copy(file, TABLE + 48);
  for (const l1 of [FIRST_L1, SECOND_L1]) {
    file.writeBigUInt64BE(BigInt(L2), l1);
    file.writeBigUInt64BE(BigInt(OWN_L2), l1 + 8);
  }
  file.writeBigUInt64BE(BigInt(DATA), OWN_L2);
  for (const place of [TABLE, FIRST_L1, SECOND_L1, OWN_L2])
    file.writeUInt16BE(1, REFCOUNT_BLOCK + (place / CLUSTER) * 2);
  change(file);
  return file;
}

const to = (offset: number, value: number) => (file: Buffer) => file.writeBigUInt64BE(BigInt(value), offset);

test('snapshots share tables and data with the active table and with each other', async () => {
  const { problems, l2Tables, dataClusters, lastUsedByte } = await tablesOf(image());
  assert.equal([problems, l2Tables, dataClusters, lastUsedByte], [[], 1, 2, 11 * CLUSTER]);
});

const cases: readonly (readonly [string, (file: Buffer) => void, string])[] = [
  ['an entry of its own L2 table to a table', to(OWN_L2, L1), 'overlaps-metadata'],
  ['the last entry of its own L2 table to the header', to(OWN_L2 + 4088, 512), 'unaligned'],
  ['an entry of its own L2 table past the end', to(OWN_L2, 11 * CLUSTER), 'outside-file'],
  ['an entry of its own L2 table with reserved bits', to(OWN_L2, DATA + 2), 'reserved-bits'],
  ['an L1 entry to the refcount table', to(FIRST_L1, REFCOUNT_TABLE), 'overlaps-metadata'],
  ['an L1 entry past the end', to(SECOND_L1 + 8, 11 * CLUSTER), 'outside-file'],
  ['an L1 entry with reserved bits', to(SECOND_L1 + 8, OWN_L2 + 2), 'reserved-bits'],
  ['an L1 table past the end', to(TABLE + 48, 11 * CLUSTER), 'outside-file'],
  ['an L1 table on the active one', to(TABLE + 48, L1), 'overlaps-metadata'],
  ['an L1 table on that of the other', to(TABLE + 48, FIRST_L1), 'overlaps-metadata'],
  ['active data where its own L2 table is', to(L2, OWN_L2), 'overlaps-metadata'],
  ['active data where its L1 table is', to(L2, FIRST_L1), 'overlaps-metadata'],
  ['active data where the table of snapshots is', to(L2, TABLE), 'overlaps-metadata'],
  ['a table of snapshots on the active L1 table', to(64, L1), 'overlaps-metadata'],
  ['a table of snapshots with much extra data', (file) => file.writeUInt32BE(1025, TABLE + 48 + 36), 'snapshot-table'],
];
for (const [what, change, kind] of cases) {
  test(`${what} is found`, async () => {
    // What cannot be taken for a table is not counted for one either.
    const found = await problemKinds(image(change));
    assert.is(
      found.find((one) => one !== 'refcount-zero'),
      kind,
    );
  });
}

test('a table of snapshots, an L1 and an L2 table of theirs must be counted', async () => {
  for (const place of [TABLE, FIRST_L1, SECOND_L1, OWN_L2]) {
    const { problems } = await tablesOf(image((file) => file.writeUInt16BE(0, REFCOUNT_BLOCK + (place / CLUSTER) * 2)));
    assert.equal(
      problems.map(({ kind, offset }) => [kind, offset]),
      [['refcount-zero', place]],
    );
  }
});

test('a table of theirs that is slow to come is waited for', async () => {
  const file = image(to(OWN_L2, L1));
  const read: ReadAt = async (offset, length) => {
    if (offset === OWN_L2) for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    return Buffer.from(file.subarray(offset, offset + length));
  };
  const { problemCount } = await walkTables(read, await headerOf(file));
  assert.is(problemCount, 1);
});

test.run();
