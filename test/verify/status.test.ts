import { appendFileSync, chmodSync, closeSync, mkdirSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import { writeSeal } from '../../lib/trust/seals.js';
import { openState } from '../../lib/trust/state-directory.js';
import { ledgerOf } from '../../lib/verify/ledger.js';
import { rereadBlobs } from '../../lib/verify/reread.js';
import { storeStatus } from '../../lib/verify/status.js';
import type { SnapshotFiles } from '../builders/cocoon-root.js';
import { putRow } from '../builders/edit-metadata.js';
import { ociNode } from '../builders/oci-node.js';
import { imageUrl, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { sealNode, verifyNode } from '../support/verify-node.js';
import { hold } from '../trust/held.js';
import { decision } from '../trust/states.js';

const test = suite('what is known of each blob');

const options = ({ root, state }: SmallNode) => ({ location: root.location, stateDir: state, tool: 'test' });
const statusOf = async (node: SmallNode) => (await storeStatus(options(node))).blobs;

for (const engine of ['json', 'sqlite'] as const) {
  needs(['receipts'], test, `says who needs it, and what was read of it (${engine})`, async () => {
    const more = (base: string, blob: string) => [snapshotOn('late:v1', base, blob, { pending: true })];
    const node = smallNode({ engine, more });
    await settled(node.blob);
    const [before, ...others] = await statusOf(node);
    assert.equal(others, []);
    assert.equal([before?.blob, before?.path, before?.present], [node.base, node.blob, true]);
    assert.equal([before?.digest, before?.lastRead, before?.unchangedSince], [null, null, null]);
    assert.equal([before?.images, before?.snapshots], [[imageUrl], ['app:v1']]);
    await verifyNode(node);
    const [read] = await statusOf(node);
    assert.equal([read?.digest, read?.basis, read?.lastResult], [`sha256:${node.base}`, 'name', 'good']);
    assert.is(read?.unchangedSince, true);
    chmodSync(node.blob, 0o644);
    appendFileSync(node.blob, 'x');
    assert.is((await statusOf(node))[0]?.unchangedSince, false);
    rmSync(node.blob);
    const [gone] = await statusOf(node);
    assert.equal([gone?.present, gone?.bytes, gone?.digest], [false, null, `sha256:${node.base}`]);
  });
}

test('an index that cannot be read is told, and what else is known stands', async () => {
  const node = smallNode();
  writeFileSync(join(node.root.directory, 'snapshot/db/snapshots.json'), '{');
  const { findings } = await storeStatus(options(node));
  assert.ok(findings.some(({ code }) => code === 'metadata-unreadable'));
});

test('a seal that is none is told with its blob', async () => {
  const node = smallNode();
  await verifyNode(node);
  const { path, key } = await openState(node.state, node.root.directory);
  writeFileSync(join(path ?? '', 'seals', key, `${node.base}.json`), '{');
  const [blob] = await statusOf(node);
  assert.equal(
    blob?.findings.map(({ code }) => code),
    ['seal-unreadable'],
  );
});

needs(['receipts'], test, 'what is read again is remembered, by one process at a time', async () => {
  const node = smallNode();
  await settled(node.blob);
  assert.is(await rereadBlobs([node.base, 'no name of a blob'], options(node)), true);
  assert.is((await statusOf(node))[0]?.lastResult, 'good');
  const state = await openState(node.state, node.root.directory);
  const held = await hold(state, 'reread');
  assert.is(await rereadBlobs([node.base], options(node)), false);
  await held.release();
});

test('a root that is not there has no blobs, and that is said', async () => {
  const node = smallNode();
  rmSync(node.root.directory, { recursive: true });
  const { root, engine, blobs, findings } = await storeStatus(options(node));
  assert.equal([root, engine, blobs], [node.root.directory, null, []]);
  assert.equal(
    findings.map(({ code }) => code),
    ['metadata-unreadable'],
  );
});

test('a settings file that is none leaves no root to tell of', async () => {
  const node = smallNode();
  const refused = Promise.reject(new BlobcheckError('metadata-unreadable', 'the settings cannot be read'));
  const { root, findings } = await storeStatus({ ...options(node), location: refused });
  assert.equal(
    [root, findings[0]?.code, findings[0]?.message],
    [null, 'metadata-unreadable', 'the settings cannot be read'],
  );
});

test('layers and boot files of OCI images are told with the images and snapshots that need them', async () => {
  const { root, state, layers } = ociNode();
  const { blobs } = await storeStatus({ location: root.location, stateDir: state, tool: 'test' });
  const [lower, upper, third] = layers;
  const needed = (name: string) => {
    const { images, snapshots, present } = blobs.find(({ blob }) => blob === name) ?? {};
    return [images, snapshots, present];
  };
  const both = ['fc:v1', 'oci:v1'];
  assert.equal(needed(`${lower}.erofs`), [['local/oci:v1'], both, true]);
  assert.equal(needed(`${upper}.erofs`), [['local/oci:v1'], both, true]);
  assert.equal(needed(`${third}.erofs`), [[], [], true]);
  for (const file of ['vmlinuz', 'initrd.img']) assert.equal(needed(`${lower}.${file}`), [['local/oci:v1'], [], true]);
  assert.is(blobs.length, 5);
});

test('a snapshot without a name is called by its id, and pins nothing that is no blob', async () => {
  let record: Record<string, unknown> = {};
  const node = smallNode({ snapshot: () => ({ edit: (files) => (record = files.record) }) });
  const pins = { [node.base]: {}, '../../etc/passwd': {}, '': {} };
  putRow(node.root.directory, 'json', 'snapshots', String(record.id), { ...record, name: '', image_blob_ids: pins });
  const blobs = await statusOf(node);
  assert.equal(
    blobs.map(({ blob, snapshots }) => [blob, snapshots]),
    [[node.base, [record.id]]],
  );
});

test('a record that cannot be read is told, and the others stand', async () => {
  let id = '';
  const more = (base: string, blob: string) => [
    snapshotOn('broken:v1', base, blob, { edit: ({ record }) => (id = record.id) }),
  ];
  const node = smallNode({ more });
  putRow(node.root.directory, 'json', 'snapshots', id, { id, name: 'broken:v1', memory: -1 });
  const { findings, blobs } = await storeStatus(options(node));
  assert.equal(
    findings.map(({ code }) => code),
    ['metadata-unreadable'],
  );
  assert.equal(blobs[0]?.snapshots, ['app:v1']);
});

test('a directory in the place of a blob is no blob', async () => {
  const node = smallNode();
  rmSync(node.blob);
  mkdirSync(node.blob);
  const [blob] = await statusOf(node);
  assert.equal([blob?.present, blob?.bytes, blob?.images], [false, null, [imageUrl]]);
});

test('every seal that a blob has had is told', async () => {
  const node = smallNode();
  const [first] = (await sealNode(node)).blobs;
  await sealNode(node, { replace: node.base });
  const [blob] = await statusOf(node);
  assert.equal([blob?.digest, blob?.basis], [first?.digest, 'name']);
  assert.equal(
    blob?.history.map(({ digest, basis, size }) => [digest, basis, size]),
    [[first?.digest, 'name', first?.bytes]],
  );
  assert.type(blob?.history[0]?.by, 'string');
});

test('who reads a blob is told, with how far it is', async () => {
  const node = smallNode();
  const state = await openState(node.state, node.root.directory);
  const ledger = ledgerOf(state, 'test');
  const asker = { path: node.blob, bytes: 4096, signal: undefined, onProgress: () => {} };
  const [blob] = await ledger.whileReading(node.base, asker, () => statusOf(node));
  const { pid, host, bytesDone, bytesTotal, stalled } = blob?.reading ?? {};
  assert.equal([pid, host, bytesDone, bytesTotal, stalled], [process.pid, hostname(), 0, 4096, false]);
  assert.equal(blob?.waiting, []);
  assert.is((await statusOf(node))[0]?.reading, null);
});

test('who has the turn to read a blob and says nothing is told by its process', async () => {
  const node = smallNode();
  const held = await hold(await openState(node.state, node.root.directory), node.base);
  const [blob] = await statusOf(node);
  await held.release();
  const { pid, host, bytesDone, since } = blob?.reading ?? {};
  assert.equal([pid, host, bytesDone, since], [process.pid, hostname(), null, null]);
});

const hexOf = (digit: string) => digit.repeat(64);

test('what is there, sealed, or needed is told in order, whatever the others are', async () => {
  const [there, sealed, torn, inImage, pinned] = ['1', '5', '2', '4', '3'].map(hexOf);
  const pins =
    (hex = '') =>
    ({ record }: SnapshotFiles) =>
      (record.image_blob_ids = { [hex]: {} });
  const more = (base: string, blob: string) => [
    snapshotOn('pins:v1', base, blob, { edit: pins(pinned) }),
    snapshotOn('going:v1', base, blob, { tombstone: 'deleting', edit: pins(hexOf('6')) }),
    snapshotOn('late:v1', base, blob, { pending: true, edit: pins(hexOf('7')) }),
  ];
  const node = smallNode({ more });
  writeFileSync(node.root.blob(there ?? ''), 'x');
  const entry = { ref: 'a', content_sum: `sha256:${inImage}`, size: 1 };
  putRow(node.root.directory, 'json', 'cloud-images', 'a', entry);
  const state = await openState(node.state, node.root.directory);
  for (const blob of [sealed, torn]) await writeSeal(state, decision({ blob: blob ?? '', digest: `sha256:${blob}` }));
  writeFileSync(join(state.path, 'seals', state.key, `${torn}.json`), '{');
  const { blobs, findings } = await storeStatus(options(node));
  assert.equal(findings, []);
  const told = blobs.map(({ blob, present, digest, images, snapshots, findings: own }) => {
    return [blob, present, digest, images, snapshots, own.map(({ code }) => code)];
  });
  const expected = [
    [there, true, null, [], [], []],
    [torn, false, null, [], [], ['seal-unreadable']],
    [pinned, false, null, [], ['pins:v1'], []],
    [inImage, false, null, ['a'], [], []],
    [sealed, false, `sha256:${sealed}`, [], [], []],
    [node.base, true, null, [imageUrl], ['app:v1'], []],
  ];
  assert.equal(told, expected.sort());
});

needs(['receipts'], test, 'who sealed a blob, and when it was sealed and read, is told', async () => {
  const node = smallNode();
  await settled(node.blob);
  await verifyNode(node);
  const [blob] = await statusOf(node);
  const ledger = ledgerOf(await openState(node.state, node.root.directory), 'test');
  const { seal, receipt } = await ledger.recall(node.base);
  assert.ok(seal !== null && receipt !== null);
  assert.equal([blob?.since, blob?.by, blob?.lastRead], [seal?.since, seal?.by.name, receipt?.at]);
  assert.is(blob?.bytes, statSync(node.blob).size);
});

test('trouble with the folders of what is remembered is told once, by whichever of them it is', async () => {
  for (const section of ['receipts', 'seals']) {
    const node = smallNode();
    if (section === 'seals') {
      // Nothing is asked for by its name here.
      rmSync(node.blob);
      for (const index of ['snapshot/db/snapshots.json', 'cloudimg/db/images.json']) {
        writeFileSync(join(node.root.directory, index), '{}');
      }
    }
    const { path, key } = await openState(node.state, node.root.directory);
    mkdirSync(join(path, section, key), { recursive: true, mode: 0o700 });
    chmodSync(join(path, section, key), 0o777);
    const { findings, blobs } = await storeStatus(options(node));
    assert.is(blobs.length, section === 'seals' ? 0 : 1);
    assert.equal(
      findings.map(({ code, message }) => [code, message.includes(join(path, section))]),
      [['state-unusable', true]],
      section,
    );
  }
});

test('an image whose entry cannot be read is told, and the others stand', async () => {
  const node = smallNode();
  putRow(node.root.directory, 'json', 'cloud-images', 'broken', { ref: 'broken', size: -1 });
  const { findings, blobs } = await storeStatus(options(node));
  assert.equal(
    findings.map(({ code }) => code),
    ['metadata-unreadable'],
  );
  assert.equal(blobs[0]?.images, [imageUrl]);
});

test('the hook of a snapshot without a name waits for it by its id', async () => {
  let record: Record<string, unknown> = {};
  const node = smallNode({ snapshot: () => ({ edit: (files) => (record = files.record) }) });
  const id = String(record.id);
  putRow(node.root.directory, 'json', 'snapshots', id, { ...record, name: '' });
  mkdirSync(join(node.state, 'locks'), { mode: 0o700 });
  const lock = openSync(join(node.state, 'locks', `hook.${id}`), 'w');
  const [blob] = await statusOf(node);
  closeSync(lock);
  assert.equal(blob?.waiting, [{ pid: process.pid, what: `hook of ${id}` }]);
});

test.run();
