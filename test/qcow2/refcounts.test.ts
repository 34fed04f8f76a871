import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rebuiltClusters } from '../../lib/qcow2/geometry.js';
import { walkTables } from '../../lib/qcow2/tables.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { headerOf, readBuffer, tablesOf } from './in-memory.js';

const test = suite('qcow2 refcounts');

const CLUSTER = 4096;
/** Where the builder puts them, behind the header. */
const REFCOUNT_TABLE = CLUSTER;
const REFCOUNT_BLOCK = 2 * CLUSTER;

test('who rebuilds the refcounts is what the dirty bit, the lazy bit and their width say', async () => {
  const facts = async (changes: object) => {
    const { dirty, rebuildsRefcounts } = await tablesOf(buildQcow2({ virtualSize: 2 ** 20, ...changes }));
    return [dirty, rebuildsRefcounts];
  };
  assert.equal(await facts({ refcountOrder: 4 }), [false, false]);
  assert.equal(await facts({ incompatible: 1n }), [true, true]);
  assert.equal(await facts({ compatible: 1n }), [false, true]);
  assert.equal(await facts({ refcountOrder: 5 }), [false, true]);
});

for (const refcountOrder of [0, 3, 4, 6]) {
  test(`data that counts as free is a fact and no problem (refcounts of ${2 ** refcountOrder} bits)`, async () => {
    const clusters = [0, 1, 2].map((index) => ({ index, data: Buffer.from('x') }));
    const file = buildQcow2({ virtualSize: 2 ** 20, clusterBits: 12, refcountOrder, clusters });
    const host = file.length / CLUSTER - 2;
    const bit = host * 2 ** refcountOrder + (refcountOrder > 3 ? 2 ** refcountOrder - 8 : 0);
    const at = REFCOUNT_BLOCK + Math.floor(bit / 8);
    file.writeUInt8(file.readUInt8(at) & ~(1 << (bit % 8)), at);
    const { problems, freeDataClusters, firstFreeData } = await tablesOf(file);
    assert.equal([problems, freeDataClusters, firstFreeData], [[], 1, host * CLUSTER]);
  });
}

test('without a refcount block all data counts as free', async () => {
  const clusters = [0, 1, 2].map((index) => ({ index, data: Buffer.from('x') }));
  const file = buildQcow2({ virtualSize: 2 ** 20, clusterBits: 12, clusters });
  file.writeBigUInt64BE(0n, REFCOUNT_TABLE);
  const { freeDataClusters, firstFreeData } = await tablesOf(file);
  assert.equal([freeDataClusters, firstFreeData], [3, file.length - 3 * CLUSTER]);
});

/** Compressed clusters in one host cluster, with this refcount. */
function shared(refcount: number, refcountOrder: number, references = 2): Buffer {
  const clusters = [{ index: 0, data: Buffer.from('x') }];
  const file = buildQcow2({ virtualSize: 2 ** 21, clusterBits: 12, refcountOrder, clusters });
  const host = file.length / CLUSTER - 1;
  const l2 = file.length - 2 * CLUSTER;
  for (let index = 0; index < references; index++) {
    file.writeBigUInt64BE((1n << 62n) | BigInt(host * CLUSTER + 512 * (index % 8)), l2 + 8 * index);
  }
  if (refcountOrder === 4) file.writeUInt16BE(refcount, REFCOUNT_BLOCK + 2 * host);
  else {
    const at = REFCOUNT_BLOCK + Math.floor(host / 4);
    const shift = (host % 4) * 2;
    file.writeUInt8((file.readUInt8(at) & ~(3 << shift)) | (refcount << shift), at);
  }
  return file;
}

async function problemsIfWritten(file: Buffer, isWritten = true): Promise<string[]> {
  const walked = await walkTables(readBuffer(file), await headerOf(file), { isWritten });
  return walked.problems.map(({ kind }) => kind);
}

for (const refcountOrder of [1, 4]) {
  test(`whoever writes needs a refcount for each compressed cluster (of ${2 ** refcountOrder} bits)`, async () => {
    const problems = (refcount: number, isWritten: boolean) =>
      problemsIfWritten(shared(refcount, refcountOrder), isWritten);
    assert.equal(await problems(2, true), []);
    assert.equal(await problems(3, true), []);
    assert.equal(await problems(1, true), ['refcount-low']);
    assert.equal(await problems(1, false), []);
  });
}

test('a refcount of two bytes is read to the last of its bits', async () => {
  assert.equal(await problemsIfWritten(shared(256, 4, 256)), []);
  assert.equal(await problemsIfWritten(shared(256, 4, 257)), ['refcount-low']);
  assert.equal(await problemsIfWritten(shared(258, 4, 258)), []);
});

test('what is rebuilt counts the blocks of the blocks and of the table that names them', async () => {
  const header = await headerOf(buildQcow2({ virtualSize: 2 ** 20, clusterBits: 9 }));
  // 63,900 of data, 999 L2 tables, 16 clusters of L1 table, the header: 64,916, of which a block counts 256.
  const mapped = 63_900n + 999n + 16n + 1n;
  assert.is(rebuiltClusters({ ...header, virtualSize: 63_900n * 512n }), mapped + 254n + 4n + 2n + 1n);
});

test.run();
