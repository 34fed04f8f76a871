import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ociNode } from '../builders/oci-node.js';
import { baseBytes, overlayOn, type SmallNode, smallNode } from '../builders/small-node.js';
import { temporaryDirectory } from '../support/temporary.js';
import { sealNode, verifyNode } from '../support/verify-node.js';
import { codesIn, outcomes } from './seal-reports.js';

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

test.run();
