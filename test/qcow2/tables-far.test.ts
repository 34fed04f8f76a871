import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ReadAt } from '../../lib/file/read-at.js';
import type { TableFacts } from '../../lib/qcow2/table-facts.js';
import { walkTables } from '../../lib/qcow2/tables.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { headerOf, problemKinds, tablesOf } from './in-memory.js';

const test = suite('qcow2 tables that lie far, apart and in another order');

const CLUSTER = 4096;
const COMPRESSED = 1n << 62n;
const REFCOUNT_TABLE = CLUSTER;
const REFCOUNT_BLOCK = 2 * CLUSTER;
const L1 = 3 * CLUSTER;
const L2 = 4 * CLUSTER;
const DATA = 5 * CLUSTER;
const FAR = 2 ** 32;

/** The image of tables.test.ts, with numbers changed, as the beginning of a sparse file of `fileSize` bytes. */
function image(changes: readonly (readonly [number, bigint])[], extra = 0): Buffer {
  const file = buildQcow2({
    virtualSize: 4 * 2 ** 20,
    clusterBits: 12,
    clusters: [
      { index: 0, data: Buffer.alloc(CLUSTER, 1) },
      { index: 7, data: Buffer.alloc(CLUSTER, 2) },
    ],
  });
  const whole = Buffer.concat([file, Buffer.alloc(extra)]);
  for (const [offset, value] of changes) whole.writeBigUInt64BE(value, offset);
  return whole;
}

/** Reads a sparse file whose beginning is `file`. */
function sparse(file: Buffer, fileSize: number): ReadAt {
  return async (offset, length) => {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, fileSize - offset)));
    file.copy(bytes, 0, Math.min(offset, file.length), Math.min(offset + bytes.length, file.length));
    return bytes;
  };
}

async function farFacts(changes: readonly (readonly [number, bigint])[], header = {}): Promise<TableFacts> {
  const file = image(changes);
  const fileSize = FAR + CLUSTER;
  return await walkTables(sparse(file, fileSize), { ...(await headerOf(file)), fileSize, ...header });
}
const places = ({ problems }: TableFacts) => problems.map(({ kind, offset }) => [kind, offset]);

test('an L2 entry leads to 4 GiB, and one bit further out of the file', async () => {
  const facts = await farFacts([[L2, BigInt(FAR)]]);
  assert.equal(places(facts), []);
  assert.equal([facts.freeDataClusters, facts.firstFreeData, facts.lastUsedByte], [1, FAR, FAR + CLUSTER]);
  assert.equal(places(await farFacts([[L2, BigInt(2 * FAR)]])), [['outside-file', 2 * FAR]]);
});

test('a compressed extent leads to 4 GiB, and one bit further out of the file', async () => {
  const facts = await farFacts([[L2, COMPRESSED | BigInt(FAR)]]);
  assert.equal(places(facts), []);
  assert.equal([facts.compressedClusters, facts.firstFreeData, facts.lastUsedByte], [1, FAR, FAR + CLUSTER]);
  assert.equal(places(await farFacts([[L2, COMPRESSED | BigInt(2 * FAR)]])), [['outside-file', 2 * FAR]]);
  const highest = 2 ** 57;
  assert.equal(places(await farFacts([[L2, COMPRESSED | BigInt(highest)]])), [['outside-file', highest]]);
});

test('an L1 entry leads to 4 GiB, and one bit further out of the file', async () => {
  const facts = await farFacts([[L1 + 8, BigInt(FAR)]]);
  assert.equal(places(facts), [['refcount-zero', FAR]]);
  assert.is(facts.l2Tables, 2);
  assert.equal(places(await farFacts([[L1 + 8, BigInt(2 * FAR)]])), [['outside-file', 2 * FAR]]);
});

test('a refcount table entry leads to 4 GiB, and one bit further out of the file', async () => {
  const block = REFCOUNT_TABLE + 8;
  assert.equal(places(await farFacts([[block, BigInt(FAR)]])), [['refcount-zero', FAR]]);
  assert.equal(places(await farFacts([[block, BigInt(2 * FAR)]])), [['outside-file', 2 * FAR]]);
});

test('an L2 table that lies far behind the one before is walked like that', async () => {
  const far = 40 * CLUSTER;
  const extra = far + CLUSTER - (DATA + 2 * CLUSTER);
  const counted = BigInt(1) << 48n;
  const place: (readonly [number, bigint])[] = [
    [L1 + 8, BigInt(far)],
    [REFCOUNT_BLOCK + (far / CLUSTER) * 2, counted],
  ];
  assert.equal(await problemKinds(image(place, extra)), []);
  const broken = image([...place, [far + 4088, BigInt(L1)]], extra);
  const { problems, l2Tables } = await tablesOf(broken);
  assert.is(l2Tables, 2);
  assert.equal(
    problems.map(({ kind, offset }) => [kind, offset]),
    [['overlaps-metadata', far + 4088]],
  );
});

test('L2 tables that lie in another order than their entries are all walked', async () => {
  const second = DATA + 2 * CLUSTER;
  const tables = (entry: bigint) =>
    image(
      [
        [L1, BigInt(second)],
        [L1 + 8, BigInt(L2)],
        [second, entry],
        [REFCOUNT_BLOCK + (second / CLUSTER) * 2, 1n << 48n],
      ],
      CLUSTER,
    );
  assert.equal(await problemKinds(tables(0n)), []);
  assert.equal(await problemKinds(tables(BigInt(L2))), ['overlaps-metadata']);
  assert.equal(await problemKinds(tables(BigInt(DATA))), ['used-twice']);
});

test('each reserved bit of an L1 entry is found', async () => {
  for (const bit of [0n, 1n, 8n, 56n, 62n]) {
    assert.equal(await problemKinds(image([[L1, BigInt(L2) | (1n << bit)]])), ['reserved-bits'], String(bit));
  }
});

test('a refcount table that is not in the file is a problem, and no more is asked of it', async () => {
  const file = image([]);
  const walked = await walkTables(sparse(file, file.length), {
    ...(await headerOf(file)),
    refcountTableOffset: 2n ** 40n,
  });
  assert.equal(places(walked), [['outside-file', 2 ** 40]]);
});

test('an L2 entry to a quarter of a cluster is not aligned', async () => {
  for (const part of [512, 1024, 2048, 3584]) {
    assert.equal(await problemKinds(image([[L2, BigInt(DATA + part)]])), ['unaligned'], String(part));
  }
});

test('a cluster behind the end of the guest is as long as any other', async () => {
  const end = DATA + 2 * CLUSTER;
  const walked = async (virtualSize: bigint, place: number, value: bigint) => {
    const file = image([[L2 + place * 8, value]]);
    const read = sparse(file, file.length);
    return places(await walkTables(read, { ...(await headerOf(file)), virtualSize, l1Size: 1 }));
  };
  for (const place of [3, 4, 9]) {
    assert.equal(await walked(3n * 4096n, place, BigInt(end)), [['outside-file', end]], String(place));
  }
});

test('the last cluster of a guest that a second L2 table maps may end where the guest does', async () => {
  const entry = 2 * 2 ** 20;
  const file = buildQcow2({
    virtualSize: entry + 512,
    clusterBits: 12,
    clusters: [
      { index: 0, data: Buffer.from('x') },
      { index: 512, data: Buffer.alloc(512, 1) },
    ],
  });
  assert.equal(await problemKinds(file.subarray(0, file.length - 4096 + 512)), []);
  assert.equal(await problemKinds(file.subarray(0, file.length - 4096 + 511)), ['outside-file']);
});

test('a compressed extent ends with its last sector, in whatever byte of a sector it begins', async () => {
  const next = DATA + CLUSTER;
  assert.equal(await problemKinds(image([[L2, COMPRESSED | BigInt(next - 512)]])), []);
  assert.equal(await problemKinds(image([[L2, COMPRESSED | BigInt(next - 412)]])), []);
  assert.equal(await problemKinds(image([[L2, COMPRESSED | (1n << 58n) | BigInt(next - 412)]])), ['used-twice']);
  const last = DATA + 2 * CLUSTER - 412;
  assert.equal(await problemKinds(image([[L2 + 56, COMPRESSED | BigInt(last)]])), []);
  assert.equal(await problemKinds(image([[L2 + 56, COMPRESSED | (1n << 58n) | BigInt(last)]])), ['outside-file']);
});

test('a compressed extent on data that an earlier entry leads to is used twice', async () => {
  assert.equal(await problemKinds(image([[L2 + 64, COMPRESSED | BigInt(DATA)]])), ['used-twice']);
});

test('a compressed extent in a sector that the file does not hold to its end is outside the file', async () => {
  const start = 510 * 512;
  const upTo = (end: number) => image([[L2 + 56, COMPRESSED | BigInt(start)]], end - (DATA + 2 * CLUSTER));
  assert.equal(await problemKinds(upTo(start + 512)), []);
  for (const bytes of [1, 100, 511]) assert.equal(await problemKinds(upTo(start + bytes)), ['outside-file']);
});

test('a compressed extent of hundreds of sectors uses every cluster that it reaches', async () => {
  const size = 2 ** 18;
  const file = buildQcow2({
    virtualSize: 8 * size,
    clusterBits: 18,
    clusters: [0, 1, 2].map((index) => ({ index, data: Buffer.from('x') })),
  });
  const [first, table] = [file.length - 3 * size, file.length - 4 * size];
  // 62 - (18 - 8) bits of offset; 513 sectors are one cluster and one sector.
  const extent = (sectors: number) => COMPRESSED | (BigInt(sectors - 1) << 52n) | BigInt(first);
  file.writeBigUInt64BE(extent(512), table);
  assert.equal(await problemKinds(file), []);
  file.writeBigUInt64BE(extent(513), table);
  assert.equal(await problemKinds(file), ['used-twice']);
});

test('refcounts of several blocks are each read in their place', async () => {
  const clusters = Array.from({ length: 700 }, (_, index) => ({ index, data: Buffer.from('x') }));
  const file = buildQcow2({ virtualSize: 2 ** 20, clusterBits: 9, clusters });
  const table = Number(file.readBigUInt64BE(48));
  const perBlock = 256;
  const clean = await tablesOf(file);
  assert.equal([clean.problems, clean.freeDataClusters], [[], 0]);
  for (const host of [300, 511, 512, 600]) {
    const changed = Buffer.from(file);
    const block = Number(file.readBigUInt64BE(table + Math.floor(host / perBlock) * 8));
    changed.writeUInt16BE(0, block + (host % perBlock) * 2);
    const { problems, freeDataClusters, firstFreeData } = await tablesOf(changed);
    assert.equal([problems, freeDataClusters, firstFreeData], [[], 1, host * 512], String(host));
  }
  // What counts as used is no leftover, whoever leads to it.
  const longer = Buffer.concat([file, Buffer.alloc(512, 1)]);
  assert.is((await tablesOf(longer)).unreferencedBytes, 512);
  const last = file.length / 512;
  longer.writeUInt16BE(
    1,
    Number(file.readBigUInt64BE(table + Math.floor(last / perBlock) * 8)) + (last % perBlock) * 2,
  );
  assert.is((await tablesOf(longer)).unreferencedBytes, 0);
  const without = Buffer.from(file);
  without.writeBigUInt64BE(0n, table + 8);
  const { problems, freeDataClusters, firstFreeData } = await tablesOf(without);
  // The clusters of the second block, of which none is metadata, and no others.
  assert.equal([problems, freeDataClusters, firstFreeData], [[], perBlock, perBlock * 512]);
});

for (const refcountOrder of [0, 1, 2]) {
  test(`a refcount of ${2 ** refcountOrder} bits is 0 beside others that are not`, async () => {
    const bits = 2 ** refcountOrder;
    for (const cluster of [0, 1, 2, 3]) {
      const file = buildQcow2({ virtualSize: 2 ** 20, clusterBits: 12, refcountOrder });
      const at = REFCOUNT_BLOCK + Math.floor((cluster * bits) / 8);
      file.writeUInt8(file.readUInt8(at) & ~((2 ** bits - 1) << ((cluster * bits) % 8)) & 0xff, at);
      assert.equal(places(await tablesOf(file)), [['refcount-zero', cluster * CLUSTER]], String(cluster));
    }
  });
}

test('tables beyond our limits are not walked, and say so', async () => {
  const file = image([]);
  const header = { ...(await headerOf(file)), fileSize: 2 ** 38 };
  const tooLarge = async (changes: object) => {
    return (await walkTables(sparse(file, 2 ** 38), { ...header, ...changes })).tooLarge;
  };
  assert.match((await tooLarge({ l1Size: 2 ** 22 + 1 })) ?? '', 'an L1 table of 33554440 bytes');
  assert.match((await tooLarge({ refcountTableClusters: 2049 })) ?? '', 'a refcount table of 8392704 bytes');
  const size = 2 ** 21;
  const large = Buffer.alloc(size);
  for (let entry = 0; entry < 1024; entry++) large.writeBigUInt64BE(BigInt((entry + 3) * size), entry * 8);
  const read: ReadAt = async (offset, length) => (offset === size ? large.subarray(0, length) : Buffer.alloc(length));
  const facts = await walkTables(read, {
    ...header,
    fileSize: 2000 * size,
    clusterBits: 21,
    l1TableOffset: BigInt(size),
    l1Size: 1024,
    refcountTableClusters: 0,
  });
  assert.match(facts.tooLarge ?? '', 'bytes of L1 and L2 tables');
});

test('sharing is counted for a million clusters, and what has more is not judged', async () => {
  const cluster = 512;
  const entriesPerTable = cluster / 8;
  const tooLargeWith = async (sharedClusters: number) => {
    const tables = Math.ceil((2 * sharedClusters) / entriesPerTable);
    const l1 = cluster;
    const firstTable = l1 + Math.ceil((tables * 8) / cluster) * cluster;
    const data = firstTable + tables * cluster;
    const file = Buffer.alloc(data);
    for (let table = 0; table < tables; table++) {
      file.writeBigUInt64BE((1n << 63n) | BigInt(firstTable + table * cluster), l1 + table * 8);
    }
    for (let entry = 0; entry < 2 * sharedClusters; entry++) {
      const start = data + Math.floor(entry / 2) * cluster;
      file.writeUInt32BE(0x40000000, firstTable + entry * 8);
      file.writeUInt32BE(start, firstTable + entry * 8 + 4);
    }
    const fileSize = data + sharedClusters * cluster;
    const header = {
      ...(await headerOf(image([]))),
      fileSize,
      clusterBits: 9,
      l1TableOffset: BigInt(l1),
      l1Size: tables,
    };
    const options = { isWritten: true };
    return (await walkTables(sparse(file, fileSize), { ...header, refcountTableClusters: 0 }, options)).tooLarge;
  };
  assert.is(await tooLargeWith(2 ** 20), null);
  assert.match((await tooLargeWith(2 ** 20 + 1)) ?? '', 'more than 1048576 clusters that compressed ones share');
});

test.run();
