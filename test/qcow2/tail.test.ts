import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_TAIL_SCAN_BYTES } from '../../lib/qcow2/limits.js';
import { walkTables } from '../../lib/qcow2/tables.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { headerOf, tablesOf } from './in-memory.js';

const test = suite('qcow2 tail');

const CLUSTER = 4096;
const REFCOUNT_BLOCK = 2 * CLUSTER;

/** Seven clusters, all in use. */
function image(): Buffer {
  const clusters = [0, 7].map((index) => ({ index, data: Buffer.alloc(CLUSTER, 1) }));
  return buildQcow2({ virtualSize: 4 * 2 ** 20, clusterBits: 12, clusters });
}

test('data beyond the last cluster in use is counted', async () => {
  const file = Buffer.concat([image(), Buffer.alloc(CLUSTER), Buffer.alloc(10, 1)]);
  const { lastUsedByte, unreferencedBytes, tailScanned, problems } = await tablesOf(file);
  assert.equal([lastUsedByte, unreferencedBytes, tailScanned, problems], [7 * CLUSTER, 10, true, []]);
});

test('a cluster that only a refcount counts is in use', async () => {
  const file = Buffer.concat([image(), Buffer.alloc(CLUSTER), Buffer.alloc(10, 1)]);
  file.writeUInt16BE(1, REFCOUNT_BLOCK + 8 * 2);
  const { lastUsedByte, unreferencedBytes } = await tablesOf(file);
  assert.equal([lastUsedByte, unreferencedBytes], [file.length, 0]);
});

test('a long tail is looked at up to the limit', async () => {
  const head = image();
  const size = head.length + MAX_TAIL_SCAN_BYTES + CLUSTER;
  const read = async (offset: number, length: number) => {
    if (offset + length > size) throw new Error('read past the end');
    const bytes = Buffer.alloc(length);
    if (offset < head.length) head.copy(bytes, 0, offset);
    return bytes;
  };
  const header = { ...(await headerOf(head)), fileSize: size };
  const { unreferencedBytes, tailScanned } = await walkTables(read, header);
  assert.equal([unreferencedBytes, tailScanned], [0, false]);
});

test.run();
