import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Qcow2Header } from '../../lib/qcow2/header.js';
import { type InternalSnapshot, readSnapshotTable } from '../../lib/qcow2/snapshot-table.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { headerOf, readBuffer } from './in-memory.js';

const test = suite('the table of internal snapshots');

const START = 4096;

function entry({ id, name, l1TableOffset, l1Size }: InternalSnapshot, extra = 0): Buffer {
  const bytes = 40 + extra + id.length + name.length;
  const entry = Buffer.alloc(Math.ceil(bytes / 8) * 8);
  entry.writeBigUInt64BE(l1TableOffset, 0);
  entry.writeUInt32BE(l1Size, 8);
  entry.writeUInt16BE(id.length, 12);
  entry.writeUInt16BE(name.length, 14);
  entry.writeUInt32BE(extra, 36);
  entry.write(`${id}${name}`, 40 + extra);
  return entry;
}

const snapshot = (at: number, idBytes = 3, nameBytes = 5): InternalSnapshot => ({
  id: `${at}`.padStart(idBytes, 'i'),
  name: `${at}`.padStart(nameBytes, 'n'),
  l1TableOffset: 0x0102030405060000n + BigInt(at),
  l1Size: 0x01020304 + at,
});

async function read(entries: Buffer, snapshotCount: number, changes: Partial<Qcow2Header> = {}) {
  const file = Buffer.concat([Buffer.alloc(START), entries]);
  const header = await headerOf(buildQcow2({ virtualSize: 2 ** 20 }));
  const place = { fileSize: file.length, snapshotsOffset: BigInt(START), snapshotCount };
  return await readSnapshotTable(readBuffer(file), { ...header, ...place, ...changes });
}

test('a table that is larger than what is read at once is read to its end', async () => {
  const all = Array.from({ length: 60 }, (_, at) => snapshot(at, 3 + at, 50_000 + 7 * at));
  const table = Buffer.concat(all.map((one, at) => entry(one, at % 3 === 0 ? 16 : 0)));
  assert.ok(table.length > 2 ** 21);
  assert.equal(await read(table, all.length), { snapshots: all, bytes: table.length, problem: null });
});

test('a table ends with the file, and where it is cut in whatever field that is told', async () => {
  const table = Buffer.concat([entry(snapshot(1)), entry(snapshot(2))]);
  // The last bytes are padding, which may be missing.
  const whole = 48 + 40 + 8;
  assert.is((await read(table.subarray(0, whole), 2)).problem, null);
  for (const length of [0, 1, 39, 47]) {
    assert.match((await read(table.subarray(0, length), 2)).problem ?? '', 'its entry 0', `${length}`);
  }
  for (const length of [48, 87, 95]) {
    const { snapshots, problem } = await read(table.subarray(0, length), 2);
    assert.match(problem ?? '', 'its entry 1 at byte 4144 ends past the end of the file', `${length}`);
    assert.equal(snapshots, [snapshot(1)]);
  }
});

test('an entry without names, and the last of a file, has 40 bytes', async () => {
  assert.equal((await read(entry({ ...snapshot(0), id: '', name: '' }), 1)).problem, null);
});

test('more entries than QEMU takes, and a table of nothing in the file, are told', async () => {
  assert.match((await read(Buffer.alloc(0), 65_537)).problem ?? '', 'it has 65537 entries');
  assert.match((await read(Buffer.alloc(0), 65_536)).problem ?? '', 'its entry 0');
  const beyond = { snapshotsOffset: BigInt(START + 1) };
  assert.match((await read(Buffer.alloc(0), 1, beyond)).problem ?? '', 'it begins past the end of the file');
  assert.match((await read(entry(snapshot(1), 1025), 1)).problem ?? '', 'has 1025 bytes of extra data');
  assert.is((await read(entry(snapshot(1), 1024), 1)).problem, null);
});

test('a table has at most 64 MiB, wherever it begins', async () => {
  const far = 65 * 2 ** 20;
  const header = { ...(await headerOf(buildQcow2({ virtualSize: 2 ** 20 }))), snapshotsOffset: BigInt(far) };
  // Every entry has the longest of names: 131,112 bytes.
  const longest = entry(snapshot(1, 65_535, 65_535));
  // What is read always begins with an entry.
  const sparse = async (_offset: number, length: number) => {
    return Buffer.concat(Array.from({ length: Math.ceil(length / longest.length) }, () => longest)).subarray(0, length);
  };
  const tableOf = (snapshotCount: number) => readSnapshotTable(sparse, { ...header, fileSize: 2 ** 40, snapshotCount });
  const most = Math.floor((64 * 2 ** 20) / longest.length);
  assert.is((await tableOf(most)).problem, null);
  assert.match((await tableOf(most + 1)).problem ?? '', 'it has more than 67108864 bytes');
});

test.run();
