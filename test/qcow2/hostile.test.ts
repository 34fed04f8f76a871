import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readHeader } from '../../lib/qcow2/header.js';
import { MAX_L1_BYTES, MAX_TABLE_BYTES } from '../../lib/qcow2/limits.js';
import { readSnapshotTable } from '../../lib/qcow2/snapshot-table.js';
import { walkTables } from '../../lib/qcow2/tables.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { headerOf, problemKinds, readBuffer } from './in-memory.js';

const test = suite('qcow2 hostile bytes');

const original = buildQcow2({
  virtualSize: 2 ** 20,
  clusterBits: 9,
  backing: { name: '/base.qcow2' },
  clusters: Array.from({ length: 200 }, (_, index) => ({ index, data: Buffer.alloc(512, index) })),
});

/** A file with this beginning that goes on with holes; how many bytes of it a walk asks for. */
async function askedOf(begin: Buffer, size: number): Promise<number> {
  const zeros = Buffer.alloc(MAX_L1_BYTES);
  let asked = 0;
  const read = async (offset: number, length: number) => {
    asked += length;
    if (offset >= begin.length) return zeros.subarray(0, length);
    return Buffer.concat([begin.subarray(offset, offset + length), zeros]).subarray(0, length);
  };
  const facts = await readHeader(read, size);
  if (facts.kind !== 'qcow2') throw new Error(`it is ${facts.kind}`);
  await walkTables(read, facts.header);
  return asked;
}

/** The image with a table of internal snapshots behind it, all of the same size. */
function withSnapshots(count: number, l1Entries: number, l1Of: (index: number) => number): Buffer {
  const table = Buffer.alloc(40 * count);
  for (let index = 0; index < count; index++) {
    table.writeBigUInt64BE(BigInt(l1Of(index)), index * 40);
    table.writeUInt32BE(l1Entries, index * 40 + 8);
  }
  const file = Buffer.concat([original, table]);
  file.writeUInt32BE(count, 60);
  file.writeBigUInt64BE(BigInt(original.length), 64);
  return file;
}

test('sixty thousand snapshots that claim one L1 table are refused without reading it for each', async () => {
  const file = withSnapshots(60_000, 2048, () => 64 * 512);
  assert.ok((await askedOf(file, file.length)) < 32 * 2 ** 20);
});

test('snapshots with an L1 table of nothing but holes each are left at the limit of all tables', async () => {
  const l1Of = (index: number) => 2 ** 30 + index * MAX_L1_BYTES;
  const file = withSnapshots(80, MAX_L1_BYTES / 8, l1Of);
  assert.ok((await askedOf(file, l1Of(80))) <= MAX_TABLE_BYTES + 2 ** 24);
});

test('the table of snapshots is read in its limits', async () => {
  const header = await headerOf(original);
  const read = async (changes: { snapshotCount?: number; snapshotsOffset?: bigint }, file = original) => {
    return (await readSnapshotTable(readBuffer(file), { ...header, fileSize: file.length, ...changes })).problem ?? '';
  };
  assert.match(await read({ snapshotCount: 65_537 }), '65537');
  assert.match(await read({ snapshotCount: 1, snapshotsOffset: 2n ** 62n }), 'past the end');
  assert.match(await read({ snapshotCount: 1, snapshotsOffset: BigInt(original.length) }), 'past the end');
  const file = Buffer.alloc(4096);
  file.writeUInt32BE(1025, 36);
  assert.match(await read({ snapshotCount: 1 }, file), 'extra data');
  file.writeUInt32BE(1024, 36);
  assert.is(await read({ snapshotCount: 1 }, file), '');
  file.writeUInt16BE(4000, 12);
  assert.match(await read({ snapshotCount: 1 }, file), 'past the end');
});

test('tables beyond the limits are not read', async () => {
  const header = { ...(await headerOf(original)), clusterBits: 21, fileSize: 2 ** 40, snapshotCount: 0 };
  const [l1TableOffset, refcountTableOffset] = [2n ** 30n, 2n ** 31n];
  const tooLarge = async (l1Size: number, refcountTableClusters: number) => {
    let asked = 0;
    // Every L1 entry leads to a table of its own, from 4 GiB on.
    const read = async (offset: number, length: number) => {
      asked += length;
      const bytes = Buffer.alloc(length);
      if (offset !== Number(l1TableOffset)) return bytes;
      for (let at = 0; at < length; at += 8) bytes.writeBigUInt64BE(2n ** 32n + BigInt(at) * 2n ** 18n, at);
      return bytes;
    };
    const facts = { ...header, l1TableOffset, refcountTableOffset, l1Size, refcountTableClusters };
    const tables = await walkTables(read, facts);
    assert.ok(tables.tooLarge === null || asked < 2 ** 26);
    return tables.tooLarge;
  };
  assert.match((await tooLarge(4_194_305, 1)) ?? '', 'L1 table of 33554440 bytes');
  assert.match((await tooLarge(1, 5)) ?? '', 'refcount table of 10485760 bytes');
  assert.match((await tooLarge(1024, 1)) ?? '', 'L1 and L2 tables');
  assert.is(await tooLarge(1, 4), null);
});

test('a snapshot table on the header is found', async () => {
  const file = Buffer.from(original);
  file.writeUInt32BE(1, 60);
  assert.ok((await problemKinds(file)).includes('snapshot-table') || (await problemKinds(file)).includes('on-header'));
});

test.run();
