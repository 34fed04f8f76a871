import { chmodSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxResidentBytes } from '../../bench/program.js';
import { buildRoot } from '../builders/cocoon-root.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { imageUrl, type SmallNode } from '../builders/small-node.js';
import { amount, tally } from '../long/amount.js';
import { codesOf, program, verifyJson } from '../support/blobcheck.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import { verifyNode } from '../support/verify-node.js';

const test = suite('a base of a TiB');

const TIB = 2 ** 40;
/** Bytes that are read: holes are read like all else. */
const READ = amount(2 ** 28, 2 ** 36);

/** A sound image of a disk of a TiB, and so many bytes in all, of which nearly all are a hole. */
function nodeOf(bytes: number, indexed = bytes): Pick<SmallNode, 'root' | 'state' | 'options' | 'blob'> {
  const directory = temporaryDirectory();
  const image = buildQcow2({ virtualSize: TIB, clusters: [{ index: 0, data: Buffer.from('large') }] });
  const digest = sha256(image);
  const blob = join(directory, 'cloudimg/blobs', `${digest}.qcow2`);
  const overlay = buildQcow2({ virtualSize: TIB, backing: { name: blob, format: 'qcow2' } });
  const root = buildRoot({
    directory,
    images: [{ ref: imageUrl, bytes: image, digest }],
    snapshots: [{ name: 'app:v1', image: imageUrl, base: digest, overlay }],
  });
  chmodSync(blob, 0o644);
  truncateSync(blob, bytes);
  const index = join(directory, 'cloudimg/db/images.json');
  writeFileSync(index, readFileSync(index, 'utf8').replace(/"size":\d+/, `"size":${indexed}`));
  const state = temporaryDirectory();
  return { root, state, blob, options: ['--root-dir', directory, '--state-dir', state] };
}

test('of another size than the index says is not read', async () => {
  const node = nodeOf(TIB, TIB - 1);
  const onProgress = () => assert.unreachable('it is read');
  const report = await verifyNode(node as SmallNode, undefined, { onProgress });
  assert.equal(codesOf(report.snapshots[0]), ['blob-size-mismatch']);
});

test('is judged as far as it can be without reading it, where there is no time for that', async () => {
  const node = nodeOf(TIB);
  const onProgress = () => assert.unreachable('it is read');
  const report = await verifyNode(node as SmallNode, undefined, { onProgress, content: 'remembered' });
  assert.equal(codesOf(report.snapshots[0]), ['check-timeout']);
});

test('is interrupted after the first bytes of it', async () => {
  const node = nodeOf(TIB);
  const abort = new AbortController();
  const read: number[] = [];
  const onProgress = (_path: string, done: number, total: number) => {
    read.push(done);
    assert.is(total, TIB);
    abort.abort();
  };
  await verifyNode(node as SmallNode, undefined, { onProgress, signal: abort.signal }).catch(() => {});
  assert.is(read.length, 1);
  assert.ok((read[0] ?? TIB) < TIB / 1000);
});

test('or of less is read in bounded memory, through the page cache and past it, with the same digest', async () => {
  const node = nodeOf(READ);
  await settled(node.blob);
  const digests: unknown[] = [];
  for (const direct of [[], ['--direct']]) {
    const { report } = verifyJson([...node.options, '--max-age', '0', ...direct, 'app:v1']);
    digests.push(report.snapshots[0]?.blobs[0]?.actual);
    const bytes = await maxResidentBytes([process.execPath, program, 'hash', ...direct, node.blob]);
    assert.ok(bytes < 130e6, `${bytes} bytes are resident`);
    tally(`a base of ${READ} bytes, ${direct[0] ?? 'buffered'}`, { 'MB resident at most': Math.round(bytes / 1e6) });
  }
  assert.is(digests[0], digests[1]);
});

test.run();
