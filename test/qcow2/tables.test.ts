import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import { MAX_DESCRIBED_PROBLEMS } from '../../lib/qcow2/limits.js';
import { walkTables } from '../../lib/qcow2/tables.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { headerOf, problemKinds, readBuffer, tablesOf } from './in-memory.js';

const test = suite('qcow2 tables');

const CLUSTER = 4096;
const COPIED = 1n << 63n;
const COMPRESSED = 1n << 62n;
/** Of the image below: header, refcount table, refcount block, L1 table, L2 table, two clusters of data. */
const REFCOUNT_TABLE = CLUSTER;
const REFCOUNT_BLOCK = 2 * CLUSTER;
const L1 = 3 * CLUSTER;
const L2 = 4 * CLUSTER;
const DATA = 5 * CLUSTER;

function image(version: 2 | 3 = 3): Buffer {
  return buildQcow2({
    virtualSize: 4 * 2 ** 20,
    clusterBits: 12,
    version,
    clusters: [
      { index: 0, data: Buffer.alloc(CLUSTER, 1) },
      { index: 7, data: Buffer.alloc(CLUSTER, 2) },
    ],
  });
}

/** The image with one 64-bit number changed. */
function changed(offset: number, value: bigint, version: 2 | 3 = 3): Buffer {
  const file = image(version);
  file.writeBigUInt64BE(value, offset);
  return file;
}

test('a healthy image has no problem, and its clusters are counted', async () => {
  const zeros = buildQcow2({
    virtualSize: 2 ** 20,
    zeroClusters: [1, 2],
    clusters: [{ index: 0, data: Buffer.from('x') }],
  });
  assert.equal(await tablesOf(zeros), {
    problems: [],
    problemCount: 0,
    notWalked: null,
    tooLarge: null,
    dirty: false,
    rebuildsRefcounts: false,
    freeDataClusters: 0,
    firstFreeData: null,
    l2Tables: 1,
    dataClusters: 1,
    zeroClusters: 2,
    compressedClusters: 0,
    lastUsedByte: zeros.length,
    unreferencedBytes: 0,
    tailScanned: true,
  });
});

for (const refcountOrder of [0, 1, 2, 3, 4, 5, 6]) {
  test(`refcounts of ${2 ** refcountOrder} bits are read, and a 0 in them is found`, async () => {
    const data = Array.from({ length: 12 }, (_, index) => ({ index, data: Buffer.from('x') }));
    const file = buildQcow2({ virtualSize: 2 ** 20, clusterBits: 12, refcountOrder, clusters: data });
    assert.equal(await problemKinds(file), []);
    const bit = (L1 / CLUSTER) * 2 ** refcountOrder + (refcountOrder > 3 ? 2 ** refcountOrder - 8 : 0);
    const at = REFCOUNT_BLOCK + Math.floor(bit / 8);
    file.writeUInt8(file.readUInt8(at) & ~(1 << (bit % 8)), at);
    const { problems } = await tablesOf(file);
    assert.equal(
      problems.map(({ kind, offset }) => [kind, offset]),
      [['refcount-zero', L1]],
    );
  });
}

const entries: [string, number, bigint, string[]][] = [
  ['an L1 entry without its copied flag is well', L1, BigInt(L2), []],
  ['an L1 entry with a flag and no offset', L1, COPIED, ['flags-without-offset']],
  ['an L1 entry with a reserved low bit', L1, COPIED | BigInt(L2) | 2n, ['reserved-bits']],
  ['an L1 entry with a reserved high bit', L1, COPIED | BigInt(L2) | (1n << 56n), ['reserved-bits']],
  ['an L1 entry to half a cluster', L1, BigInt(L2 + 512), ['unaligned']],
  ['an L1 entry to the end of the file', L1, BigInt(DATA + 2 * CLUSTER), ['outside-file']],
  ['an L1 entry to 2^55', L1, 1n << 55n, ['outside-file']],
  ['an L1 entry to the L1 table', L1, BigInt(L1), ['overlaps-metadata']],
  ['an L1 entry to the refcount table', L1, BigInt(REFCOUNT_TABLE), ['overlaps-metadata']],
  ['two L1 entries to one table', L1 + 8, BigInt(L2), ['overlaps-metadata']],
  ['an L2 entry without its copied flag is well', L2, BigInt(DATA), []],
  ['an L2 entry that reads as zeros and keeps its cluster is well', L2, COPIED | BigInt(DATA) | 1n, []],
  ['an L2 entry that reads as zeros is well', L2, 1n, []],
  ['an L2 entry with the copied flag alone', L2, COPIED, ['flags-without-offset']],
  ['an L2 entry of zeros with the copied flag', L2, COPIED | 1n, ['flags-without-offset']],
  ['an L2 entry with a reserved low bit', L2, BigInt(DATA) | 0x100n, ['reserved-bits']],
  ['an L2 entry with a reserved high bit', L2, BigInt(DATA) | (1n << 61n), ['reserved-bits']],
  ['an L2 entry to half a cluster', L2, BigInt(DATA + 512), ['unaligned']],
  ['an L2 entry to the end of the file', L2, BigInt(DATA + 2 * CLUSTER), ['outside-file']],
  ['an L2 entry to the L1 table', L2, BigInt(L1), ['overlaps-metadata']],
  ['an L2 entry to its own table', L2, BigInt(L2), ['overlaps-metadata']],
  ['an L2 entry to a refcount block', L2, BigInt(REFCOUNT_BLOCK), ['overlaps-metadata']],
  ['an L2 entry to the refcount table', L2, BigInt(REFCOUNT_TABLE), ['overlaps-metadata']],
  ['two L2 entries to one cluster', L2 + 8, BigInt(DATA), ['used-twice']],
  ['a compressed extent in a cluster of its own is well', L2, COMPRESSED | BigInt(DATA + 100), []],
  ['a compressed extent up to the end of the file is well', L2 + 56, COMPRESSED | BigInt(DATA + 2 * CLUSTER - 512), []],
  ['a compressed extent past the end of the file', L2 + 56, COMPRESSED | BigInt(DATA + 2 * CLUSTER), ['outside-file']],
  [
    'a compressed extent one sector past it',
    L2 + 56,
    COMPRESSED | (1n << 58n) | BigInt(DATA + 2 * CLUSTER - 1),
    ['outside-file'],
  ],
  ['a compressed extent whose refcount is said to be one', L2, COPIED | COMPRESSED | BigInt(DATA), ['reserved-bits']],
  ['a compressed extent on the header', L2, COMPRESSED | 512n, ['on-header']],
  ['a compressed extent on a table', L2, COMPRESSED | BigInt(L1 + 600), ['overlaps-metadata']],
  ['a compressed extent that ends on data', L2, COMPRESSED | (1n << 58n) | BigInt(DATA + CLUSTER - 1), ['used-twice']],
  ['a refcount table entry with a low bit', REFCOUNT_TABLE, BigInt(REFCOUNT_BLOCK) | 1n, ['unaligned']],
  ['a second refcount block on the first', REFCOUNT_TABLE + 8, BigInt(REFCOUNT_BLOCK), ['overlaps-metadata']],
  ['a second refcount block past the end', REFCOUNT_TABLE + 8, 1n << 62n, ['outside-file']],
];

for (const [name, offset, value, kinds] of entries) {
  test(name, async () => {
    const found = await problemKinds(changed(offset, value));
    // Without its refcount block every cluster of metadata is free.
    assert.equal(
      found.filter((kind) => kind !== 'refcount-zero' || kinds.includes('refcount-zero')),
      kinds,
    );
  });
}

test('"reads as zeros" is no flag of version 2', async () => {
  assert.equal(await problemKinds(changed(L2, 1n, 2)), ['reserved-bits']);
  assert.equal(await problemKinds(image(2)), []);
});

test('compressed extents share a cluster with each other, and with nothing else', async () => {
  const file = changed(L2, COMPRESSED | BigInt(DATA));
  file.writeBigUInt64BE(COMPRESSED | BigInt(DATA + 700), L2 + 8);
  assert.equal(await problemKinds(file), []);
  assert.is((await tablesOf(file)).compressedClusters, 2);
  file.writeBigUInt64BE(BigInt(DATA), L2 + 16);
  assert.equal(await problemKinds(file), ['used-twice']);
});

test('without a refcount block every table counts as free', async () => {
  const { problems } = await tablesOf(changed(REFCOUNT_TABLE, 0n));
  assert.equal(
    problems.map(({ kind, offset }) => [kind, offset]),
    [0, REFCOUNT_TABLE, L1, L2].map((offset) => ['refcount-zero', offset]),
  );
});

test('the refcount of a data cluster is not judged', async () => {
  const file = image();
  file.writeUInt16BE(0, REFCOUNT_BLOCK + (DATA / CLUSTER) * 2);
  assert.equal(await problemKinds(file), []);
});

test('only the bytes of an L1 table must be in the file, of other tables the whole cluster', async () => {
  const empty = buildQcow2({ virtualSize: 4 * 2 ** 20, clusterBits: 12 });
  assert.equal(await problemKinds(empty.subarray(0, L1 + 16)), []);
  assert.equal(await problemKinds(empty.subarray(0, L1 + 15)), ['outside-file']);
  assert.equal(await problemKinds(image().subarray(0, L2 + CLUSTER - 1)), ['outside-file']);
});

test('the last cluster of the guest may end where the guest does', async () => {
  const file = buildQcow2({
    virtualSize: 4096 + 512,
    clusterBits: 12,
    clusters: [{ index: 1, data: Buffer.alloc(512, 1) }],
  });
  assert.equal(await problemKinds(file.subarray(0, file.length - 4096 + 512)), []);
  assert.equal(await problemKinds(file.subarray(0, file.length - 4096 + 511)), ['outside-file']);
});

test('all problems are counted, and the first sixteen described', async () => {
  const file = image();
  for (let at = 0; at < 40; at++) file.writeBigUInt64BE(BigInt(L1), L2 + at * 8);
  const { problems, problemCount } = await tablesOf(file);
  assert.is(problems.length, MAX_DESCRIBED_PROBLEMS);
  assert.is(problemCount, 40);
});

test('an image that is not ours to walk is left alone, and says why', async () => {
  const header = await headerOf(image());
  const walk = async (changes: object) => (await walkTables(readBuffer(image()), { ...header, ...changes })).notWalked;
  assert.match((await walk({ incompatible: 16n })) ?? '', 'extended L2');
  assert.match((await walk({ incompatible: 4n })) ?? '', 'external data file');
  assert.match((await walk({ version: 4 })) ?? '', 'version 4');
  assert.match((await walk({ clusterBits: 22 })) ?? '', '2^22');
  assert.match((await walk({ refcountOrder: 7 })) ?? '', '2^7');
  assert.is(await walk({ incompatible: 11n }), null);
});

test('a file with more clusters than we keep account of is not walked', async () => {
  const header = await headerOf(image());
  const { tooLarge, notWalked } = await walkTables(readBuffer(image()), { ...header, fileSize: 2 ** 28 * 4096 + 1 });
  assert.is(notWalked, null);
  assert.match(tooLarge ?? '', 'clusters');
});

test('a file that becomes shorter meanwhile has changed, and is not malformed', async () => {
  const header = await headerOf(image());
  try {
    await walkTables(readBuffer(image().subarray(0, L2 + 8)), header);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, BlobcheckError);
    assert.is((error as BlobcheckError).code, 'changed');
  }
});

test('an aborted walk ends', async () => {
  try {
    await walkTables(readBuffer(image()), await headerOf(image()), { signal: AbortSignal.abort() });
    assert.unreachable();
  } catch (error) {
    assert.is((error as BlobcheckError).code, 'aborted');
  }
});

test.run();
