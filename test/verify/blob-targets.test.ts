import { cpSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import { blobsToSeal, type SealRequest } from '../../lib/verify/blob-targets.js';
import { idFor } from '../builders/cocoon-root.js';
import { putRow } from '../builders/edit-metadata.js';
import { ociNode } from '../builders/oci-node.js';
import { baseBytes, imageUrl, overlayOn, type SmallNode, smallNode } from '../builders/small-node.js';
import { temporaryDirectory } from '../support/temporary.js';
import { sealNode, verifyNode } from '../support/verify-node.js';
import { codesIn, outcomes } from './seal-reports.js';
import { editSidecar } from './sealed-oci.js';

const test = suite('the blobs that are to be sealed');

test('nothing asked for is nothing sealed', async () => {
  const report = await sealNode(smallNode(), {});
  assert.equal([report.verdict, report.findings, report.blobs], ['allow', [], []]);
});

test('a new seal is for one blob of the store and nothing else', async () => {
  const failed = await sealNode(smallNode(), { replace: 'app:v1' }).catch((error: unknown) => error);
  assert.is((failed as { code?: string }).code, 'usage');
  assert.match(String(failed), '--replace takes one blob of the store, not app:v1');
});

const nowhere: readonly (readonly [what: string, code: string, (node: SmallNode) => string])[] = [
  ['a word that means nothing', 'snapshot-not-found', () => 'nothing'],
  ['the blob of another directory', 'snapshot-not-found', ({ base }) => join(temporaryDirectory(), `${base}.qcow2`)],
  ['a directory that is not there', 'snapshot-not-found', ({ base }) => `/nowhere/${base}.qcow2`],
];
for (const [what, code, nameOf] of nowhere) {
  test(`${what} is no blob of the store, and said so beside those that are`, async () => {
    const node = smallNode();
    const name = nameOf(node);
    const report = await sealNode(node, { names: [name, node.base] });
    assert.equal([report.verdict, codesIn(report), outcomes(report)], ['deny', [code], [['sealed', 'name']]]);
    assert.is(report.findings[0]?.subject, name);
  });
}

test('a way that the system cannot follow is no word about the blob, and stops no other', async () => {
  const node = smallNode();
  const loop = join(temporaryDirectory(), 'loop');
  symlinkSync('loop', loop);
  const report = await sealNode(node, { names: [join(loop, `${node.base}.qcow2`), node.base] });
  assert.equal(
    [report.verdict, codesIn(report), outcomes(report)],
    ['unverified', ['file-unreadable'], [['sealed', 'name']]],
  );
  assert.is(report.findings[0]?.subject, loop);
  assert.match(report.findings[0]?.message ?? '', 'ELOOP');
});

const unsealable: readonly (readonly [what: string, code: string, words: string, (node: SmallNode) => void])[] = [
  [
    'whose directory is gone',
    'snapshot-file-missing',
    'is not in the store',
    (node) => rmSync(node.root.files('app:v1'), { recursive: true }),
  ],
  [
    'whose overlay names no base',
    'backing-none',
    'names no base',
    (node) => writeFileSync(join(node.root.files('app:v1'), 'overlay.qcow2'), baseBytes('')),
  ],
  [
    'whose overlay is on another file',
    'backing-outside-store',
    'a base outside the store',
    (node) => writeFileSync(join(node.root.files('app:v1'), 'overlay.qcow2'), overlayOn('/etc/shadow')),
  ],
  [
    'whose record cannot be read',
    'metadata-unreadable',
    'the index cannot be decoded',
    (node) => writeFileSync(join(node.root.directory, 'snapshot/db/snapshots.json'), '{'),
  ],
];
for (const [what, code, words, spoil] of unsealable) {
  test(`a snapshot ${what} leads to no blob, which is said`, async () => {
    const node = smallNode();
    spoil(node);
    const report = await sealNode(node, { names: ['app:v1'] });
    assert.equal([codesIn(report), report.blobs], [[code], []]);
    assert.is.not(report.verdict, 'allow');
    assert.ok(report.findings[0]?.message.includes(words), report.findings[0]?.message);
  });
}

test('an OCI image is sealed file by file, as what a snapshot of it stands on', async () => {
  for (const name of ['oci:v1', 'fc:v1']) {
    const node = ociNode();
    const report = await sealNode(node, { names: [name] });
    assert.is(report.verdict, 'allow', name);
    const [lower, upper] = node.layers;
    assert.equal(
      report.blobs.map(({ blob, outcome, basis }) => [blob, outcome, basis]),
      [`${lower}.erofs`, `${upper}.erofs`, `${lower}.vmlinuz`, `${lower}.initrd.img`].map((blob) => {
        return [blob, 'sealed', 'operator'];
      }),
    );
    const verified = await verifyNode(node, { snapshots: [name] });
    assert.equal([verified.verdict, verified.snapshots[0]?.findings], ['allow', []], name);
  }
});

test('an OCI snapshot whose sidecar names no layer of this store has nothing to seal', async () => {
  const node = ociNode();
  const path = join(node.root.files('oci:v1'), 'cocoon.json');
  writeFileSync(path, '{');
  writeFileSync(join(node.root.files('oci:v1'), 'config.json'), '{');
  const report = await sealNode(node, { names: ['oci:v1'] });
  assert.equal([report.verdict, codesIn(report), report.blobs], ['deny', ['sidecar-mismatch'], []]);
  assert.is(report.findings[0]?.subject, path);
  assert.match(report.findings[0]?.message ?? '', 'names no layer of this store');
});

/** What words lead to, without sealing it: the name and path of each blob, and the code and subject of each finding. */
async function asked({ root }: Pick<SmallNode, 'root'>, request: SealRequest) {
  const store = await openStore(await root.location);
  try {
    const { targets, findings } = await blobsToSeal(store, request);
    return {
      blobs: targets.map(({ blob, path }) => [blob, path]),
      found: findings.map(({ code, subject }) => [code, subject]),
    };
  } finally {
    await store.close();
  }
}

test('all are the bases, layers and boot files that are there', async () => {
  const small = smallNode();
  assert.equal(await asked(small, { all: true }), { blobs: [[small.base, small.blob]], found: [] });
  const node = ociNode();
  const { blobs } = await asked(node, { all: true });
  const files = node.layers.map((hex) => `${hex}.erofs`);
  const boot = ['initrd.img', 'vmlinuz'].map((file) => `${node.layers[0]}.${file}`);
  assert.equal(
    blobs.map(([blob]) => blob),
    [...files, ...boot].sort(),
  );
});

test('where the index names images and no blob is there at all, their disk is missing, and all is not well', async () => {
  const node = smallNode();
  const blobs = dirname(node.blob);
  rmSync(blobs, { recursive: true });
  for (const how of ['gone', 'a link to nowhere'] as const) {
    if (how === 'a link to nowhere') symlinkSync('/nowhere', blobs);
    const { verdict, findings, blobs: sealed } = await sealNode(node, { all: true });
    assert.equal([verdict, findings.map(({ code }) => code), sealed], ['deny', ['blob-missing'], []], how);
    assert.equal([findings[0]?.subject, findings[0]?.remedyArgv], [blobs, null]);
    assert.match(findings[0]?.message ?? '', 'the metadata has images (1) and snapshots (1)');
  }
  putRow(node.root.directory, 'json', 'cloud-images', imageUrl, null);
  assert.equal((await sealNode(node, { all: true })).verdict, 'deny', 'its snapshot stands on one all the same');
  putRow(node.root.directory, 'json', 'snapshots', idFor('app:v1'), null);
  assert.equal((await sealNode(node, { all: true })).verdict, 'allow', 'a store with neither');
});

test('a blob is called by its name, its file name, its path, or a snapshot on it, and is one blob', async () => {
  const node = smallNode();
  const link = join(temporaryDirectory(), 'link');
  symlinkSync(dirname(node.blob), link);
  const names = [node.base, `${node.base}.qcow2`, node.blob, join(link, `${node.base}.qcow2`), 'app:v1'];
  for (const name of names) {
    assert.equal(await asked(node, { names: [name] }), { blobs: [[node.base, node.blob]], found: [] }, name);
  }
  assert.equal(await asked(node, { names }), { blobs: [[node.base, node.blob]], found: [] });
  assert.equal(await asked(node, { replace: node.blob }), { blobs: [[node.base, node.blob]], found: [] });
  const oci = ociNode();
  const kernel = join(oci.root.directory, 'oci/boot', oci.layers[0], 'vmlinuz');
  assert.equal(await asked(oci, { names: [kernel] }), { blobs: [[`${oci.layers[0]}.vmlinuz`, kernel]], found: [] });
});

test('a path to another file of the directory of the blobs is no blob', async () => {
  const node = smallNode();
  const path = join(dirname(node.blob), 'other.qcow2');
  writeFileSync(path, 'x');
  assert.equal(await asked(node, { names: [path] }), { blobs: [], found: [['snapshot-not-found', path]] });
});

test('the base of a blob that is gone with its directory is asked for by the snapshot all the same', async () => {
  const node = smallNode();
  rmSync(dirname(node.blob), { recursive: true });
  assert.equal(await asked(node, { names: ['app:v1'] }), { blobs: [[node.base, node.blob]], found: [] });
  assert.equal(await asked(node, { names: [node.blob] }), { blobs: [], found: [['snapshot-not-found', node.blob]] });
});

test('an overlay that names its base by a relative path leads to none', async () => {
  const node = smallNode();
  const overlay = join(node.root.files('app:v1'), 'overlay.qcow2');
  writeFileSync(overlay, overlayOn(`../../../cloudimg/blobs/${node.base}.qcow2`));
  assert.equal(await asked(node, { names: ['app:v1'] }), { blobs: [], found: [['backing-relative', overlay]] });
});

test('nothing of a snapshot is looked at whose directory is outside the store', async () => {
  const outside = join(temporaryDirectory(), 'app');
  let record: Record<string, unknown> = {};
  const node = smallNode({ snapshot: () => ({ edit: (files) => (record = files.record) }) });
  cpSync(node.root.files('app:v1'), outside, { recursive: true });
  putRow(node.root.directory, 'json', 'snapshots', String(record.id), { ...record, data_dir: outside });
  assert.equal(await asked(node, { names: ['app:v1'] }), { blobs: [], found: [['snapshot-file-missing', outside]] });
});

test('an OCI snapshot of one file has one blob', async () => {
  const node = ociNode();
  const [lower] = node.layers;
  editSidecar(node, 'oci:v1', 'cocoon.json', (document) => document.storage_configs.splice(1));
  editSidecar(node, 'oci:v1', 'config.json', ({ payload }) => {
    payload.kernel = '/elsewhere';
    delete payload.initramfs;
  });
  const { blobs, found } = await asked(node, { names: ['oci:v1'] });
  assert.equal([blobs.map(([blob]) => blob), found], [[`${lower}.erofs`], []]);
});

test.run();
