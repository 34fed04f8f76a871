import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import { judgeQcow2 } from '../../lib/verify/qcow2-file.js';
import { buildQcow2, type Qcow2Spec } from '../builders/qcow2.js';
import { readBuffer } from '../qcow2/in-memory.js';

const test = suite('a qcow2 image, by its header and its tables');

type Role = 'overlay' | 'blob';

const CLUSTER = 4096;

/** An image with a cluster of data. */
function image(changes: Partial<Qcow2Spec> = {}): Buffer {
  const clusters = [{ index: 0, data: Buffer.from('x') }];
  return buildQcow2({ virtualSize: 2 ** 20, clusterBits: 12, clusters, ...changes });
}

/** The L2 entry of the first cluster. */
const entryAt = (bytes: Buffer) => Number(bytes.readBigUInt64BE(Number(bytes.readBigUInt64BE(40))) & 0xffff_ffff_ffffn);

/** An image whose table leads to the header. */
function damaged(changes: Partial<Qcow2Spec> = {}): Buffer {
  const bytes = image(changes);
  bytes.writeBigUInt64BE(1n << 63n, entryAt(bytes));
  return bytes;
}

async function judged(bytes: Buffer, role: Role, tables?: 'unknown' | 'sound', signal?: AbortSignal) {
  const { facts, findings } = await judgeQcow2(readBuffer(bytes), bytes.length, '/x', role, signal, tables);
  assert.ok(findings.every(({ subject }) => subject === '/x'));
  return [facts.kind, ...findings.map(({ code }) => code)];
}

for (const role of ['overlay', 'blob'] as const) {
  const malformed = `${role}-malformed`;

  test(`${role}: a sound image has no finding`, async () => {
    assert.equal(await judged(image(), role), ['qcow2']);
    assert.equal(await judged(image(), role, 'unknown'), ['qcow2']);
    assert.equal(await judged(image(), role, 'sound'), ['qcow2']);
  });

  test(`${role}: damaged tables are found, unless they are known to be sound`, async () => {
    assert.equal(await judged(damaged(), role), ['qcow2', malformed]);
    assert.equal(await judged(damaged(), role, 'unknown'), ['qcow2', malformed]);
    assert.equal(await judged(damaged(), role, 'sound'), ['qcow2']);
  });

  test(`${role}: the tables of a header that is refused are not walked`, async () => {
    assert.equal(await judged(damaged({ cryptMethod: 1 }), role), ['qcow2', 'overlay-encrypted']);
    assert.equal(await judged(damaged({ cryptMethod: 1 }), role, 'sound'), ['qcow2', 'overlay-encrypted']);
  });

  test(`${role}: what is no image, or ends in its header, has one finding`, async () => {
    assert.equal(await judged(Buffer.alloc(CLUSTER), role), ['not-qcow2', malformed]);
    assert.equal(await judged(image().subarray(0, 60), role), ['truncated', malformed]);
  });

  test(`${role}: a walk can be interrupted`, async () => {
    const signal = AbortSignal.abort();
    try {
      await judged(image(), role, 'unknown', signal);
      assert.unreachable();
    } catch (error) {
      assert.ok(error instanceof BlobcheckError);
      assert.is(error.code, 'aborted');
    }
    assert.equal(await judged(image(), role, 'unknown', new AbortController().signal), ['qcow2']);
  });
}

test('tables are walked behind a header of which there is no more than a warning', async () => {
  const dirty = { incompatible: 1n };
  assert.equal(await judged(image(dirty), 'blob'), ['qcow2', 'blob-marked-dirty']);
  assert.equal(await judged(damaged(dirty), 'blob'), ['qcow2', 'blob-marked-dirty', 'blob-malformed']);
  assert.equal(await judged(damaged(dirty), 'overlay'), ['qcow2', 'overlay-malformed']);
});

test('an overlay, which is written to, needs a refcount for each compressed cluster, and a base does not', async () => {
  const bytes = image();
  const l2 = entryAt(bytes);
  const host = bytes.length - CLUSTER;
  for (const index of [0, 1]) bytes.writeBigUInt64BE((1n << 62n) | BigInt(host + 512 * index), l2 + 8 * index);
  assert.equal(await judged(bytes, 'overlay'), ['qcow2', 'overlay-malformed']);
  assert.equal(await judged(bytes, 'blob'), ['qcow2']);
});

test.run();
