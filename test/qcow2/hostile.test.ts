import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import { readHeader } from '../../lib/qcow2/header.js';
import { inspectHeader } from '../../lib/qcow2/inspect-header.js';
import { MAX_DESCRIBED_PROBLEMS, MAX_TAIL_SCAN_BYTES } from '../../lib/qcow2/limits.js';
import { readSnapshotTable } from '../../lib/qcow2/snapshot-table.js';
import { walkTables } from '../../lib/qcow2/tables.js';
import { judgeHeader } from '../../lib/verify/rules/qcow2-header.js';
import { judgeTables } from '../../lib/verify/rules/qcow2-tables.js';
import { buildQcow2, fillPseudoRandom } from '../builders/qcow2.js';
import { headerOf, problemKinds, readBuffer } from './in-memory.js';

const test = suite('qcow2 hostile bytes');

/** Reads everything there is to read; returns how many bytes were asked for. */
async function readAll(file: Buffer, fileSize = file.length): Promise<number> {
  let asked = 0;
  const read = async (offset: number, length: number) => {
    assert.ok(offset >= 0 && Number.isSafeInteger(offset) && Number.isSafeInteger(length));
    asked += length;
    return readBuffer(file)(offset, length);
  };
  const facts = await readHeader(read, fileSize);
  for (const role of ['overlay', 'blob'] as const) judgeHeader(facts, 'x', role);
  if (facts.kind !== 'qcow2') return asked;
  try {
    await inspectHeader(read, facts.header);
    const tables = await walkTables(read, facts.header);
    assert.ok(tables.problems.length <= MAX_DESCRIBED_PROBLEMS);
    for (const role of ['overlay', 'blob'] as const) judgeTables(tables, 'x', role);
  } catch (error) {
    assert.instance(error, BlobcheckError);
  }
  return asked;
}

const interesting = [0, 1, 2, 7, 8, 9, 16, 21, 22, 63, 64, 112, 512, 4096, 65535, 0x7fffffff, 0x80000000, 0xffffffff];

function mutations(count: number, seed: number, original: Buffer, mutate: (file: Buffer, words: Uint32Array) => void) {
  const words = new Uint32Array(8);
  let state = seed;
  return Array.from({ length: count }, () => {
    state = fillPseudoRandom(words, state);
    const file = Buffer.from(original);
    mutate(file, words);
    return file;
  });
}

const original = buildQcow2({
  virtualSize: 2 ** 20,
  clusterBits: 9,
  backing: { name: '/base.qcow2' },
  clusters: Array.from({ length: 200 }, (_, index) => ({ index, data: Buffer.alloc(512, index) })),
});

test('any field of a header may hold anything', async () => {
  const files = mutations(3000, 1, original, (file, words) => {
    for (let at = 0; at < 3; at++) {
      const field = 4 + ((words[at] as number) % 28) * 4;
      file.writeUInt32BE(interesting[(words[at + 3] as number) % interesting.length] as number, field);
    }
  });
  for (const file of files) assert.ok((await readAll(file)) < 8 * 2 ** 20);
});

test('any bytes may be changed anywhere', async () => {
  const files = mutations(3000, 2, original, (file, words) => {
    for (const word of words) file.writeUInt8((word >>> 8) & 0xff, word % file.length);
  });
  for (const file of files) assert.ok((await readAll(file)) < 8 * 2 ** 20);
});

test('a file may be random but for its magic and cluster size', async () => {
  const files = mutations(500, 3, Buffer.alloc(65536), (file, words) => {
    const all = new Uint32Array(file.length / 4);
    fillPseudoRandom(all, words[0] as number);
    Buffer.from(all.buffer).copy(file);
    file.writeUInt32BE(0x514649fb, 0);
    file.writeUInt32BE(2 + ((words[1] as number) % 2), 4);
    file.writeUInt32BE(9 + ((words[2] as number) % 5), 20);
  });
  for (const file of files) await readAll(file);
});

test('a file may end anywhere', async () => {
  for (let length = 0; length < original.length; length += 97) await readAll(original.subarray(0, length));
});

test('a size that the file does not have ends in an error of ours', async () => {
  for (const size of [1, 513, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    assert.ok((await readAll(original, size)) < MAX_TAIL_SCAN_BYTES * 2);
  }
});

test('sixty thousand snapshots that claim one L1 table are refused without reading it for each', async () => {
  const entry = Buffer.alloc(40);
  const l1 = 64 * 512;
  entry.writeBigUInt64BE(BigInt(l1), 0);
  entry.writeUInt32BE(2048, 8);
  const file = Buffer.concat([Buffer.from(original), Buffer.alloc(40 * 60_000)]);
  const table = original.length;
  for (let at = 0; at < 60_000; at++) entry.copy(file, table + at * 40);
  file.writeUInt32BE(60_000, 60);
  file.writeBigUInt64BE(BigInt(table), 64);
  assert.ok((await readAll(file)) < 32 * 2 ** 20);
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
