import { chmodSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flipBit } from '../../demo/node.js';
import type { SealReport, StatusReport } from '../../lib/report/documents.js';
import { baseBytes, overlayOn, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { blobcheck, codesOf, verifyJson } from '../support/blobcheck.js';

const test = suite('blobcheck seal and status');

const foreign = 'cd'.repeat(32);

function seal(node: SmallNode, ...args: string[]): { status: number | null; report: SealReport } {
  const run = blobcheck(['seal', '--json', ...node.options, ...args]);
  return { status: run.status, report: JSON.parse(run.stdout) };
}

function status(node: SmallNode): StatusReport {
  return JSON.parse(blobcheck(['status', '--json', ...node.options]).stdout);
}

function sealFiles(node: SmallNode): string[] {
  const [folder = ''] = readdirSync(join(node.state, 'seals'));
  return readdirSync(join(node.state, 'seals', folder)).map((name) =>
    readFileSync(join(node.state, 'seals', folder, name), 'utf8'),
  );
}

test('a converted base is denied until it is sealed, and allowed from then on', () => {
  const node = smallNode({ digest: foreign });
  assert.equal(codesOf(verifyJson([...node.options, 'app:v1']).report.snapshots[0]), ['blob-unsealed']);
  const { status: code, report } = seal(node, foreign);
  assert.is(code, 0);
  assert.equal(
    report.blobs.map(({ outcome, basis }) => [outcome, basis]),
    [['sealed', 'operator']],
  );
  assert.match(report.blobs[0]?.because ?? '', /trusted because you say so/);
  assert.equal(codesOf(verifyJson([...node.options, 'app:v1']).report.snapshots[0]), []);
});

test('a blob is named by digest, file name, path, or a snapshot that stands on it', () => {
  for (const name of ['digest', 'file', 'path', 'snapshot']) {
    const node = smallNode({ digest: foreign });
    const names = { digest: foreign, file: `${foreign}.qcow2`, path: node.blob, snapshot: 'app:v1' };
    const { status: code, report } = seal(node, names[name as keyof typeof names]);
    assert.is(code, 0, name);
    assert.is(report.blobs[0]?.blob, foreign);
  }
});

test('what is no blob and no snapshot is said, and nothing is sealed', () => {
  const node = smallNode();
  const { status: code, report } = seal(node, 'nothing');
  assert.is(code, 1);
  assert.equal(
    report.findings.map((found) => found.code),
    ['snapshot-not-found'],
  );
  assert.equal(seal(node, `/elsewhere/${node.base}.qcow2`).report.blobs, []);
});

test('seal --all after a flip changes nothing and says blob-corrupt', () => {
  const node = smallNode({ more: (base, blob) => [snapshotOn('b:v1', base, blob)] });
  assert.is(seal(node, '--all').status, 0);
  const before = sealFiles(node);
  flipBit(node.blob, 5 * 65536 + 3);
  const { status: code, report } = seal(node, '--all');
  assert.is(code, 1);
  assert.is(report.blobs[0]?.outcome, 'refused');
  assert.equal(
    report.blobs[0]?.findings.map((found) => found.code),
    ['blob-corrupt'],
  );
  assert.equal(sealFiles(node), before);
});

test('a sealed blob is kept as it is', () => {
  const node = smallNode({ digest: foreign });
  seal(node, '--all');
  const before = sealFiles(node);
  const { status: code, report } = seal(node, '--all');
  assert.is(code, 0);
  assert.is(report.blobs[0]?.outcome, 'kept');
  assert.equal(sealFiles(node), before);
});

test('seal --replace gives one blob a new seal and keeps the old one in its history', () => {
  const node = smallNode({ digest: foreign });
  const { report: first } = seal(node, foreign);
  const other = baseBytes('converted by another qemu-img');
  rmSync(node.blob);
  writeFileSync(`${node.blob}.new`, other);
  renameSync(`${node.blob}.new`, node.blob);
  assert.is(verifyJson([...node.options, 'app:v1']).status, 1);
  const { status: code, report } = seal(node, '--replace', foreign);
  assert.is(code, 0);
  assert.is(report.blobs[0]?.outcome, 'replaced');
  const known = status(node).blobs[0];
  assert.is(known?.digest, report.blobs[0]?.digest);
  assert.equal(
    known?.history.map(({ digest }) => digest),
    [first.blobs[0]?.digest],
  );
  assert.is(verifyJson([...node.options, 'app:v1']).status, 0);
});

test('seal --replace takes a blob and nothing else', () => {
  const run = blobcheck(['seal', ...smallNode().options, '--replace', 'app:v1']);
  assert.is(run.status, 2);
  assert.match(run.stderr, /--replace takes one blob/);
});

test('a base with a damaged structure cannot be sealed, not even by --replace', () => {
  const node = smallNode({ digest: foreign });
  flipBit(node.blob, 20 + 3);
  for (const args of [[foreign], ['--replace', foreign]]) {
    const { status: code, report } = seal(node, ...args);
    assert.is(code, 1);
    assert.is(report.blobs[0]?.outcome, 'refused');
    assert.ok(report.blobs[0]?.findings.some((found) => found.code === 'blob-malformed'));
  }
  assert.equal(status(node).blobs[0]?.basis, null);
});

test('a seal that cannot be written is no success', () => {
  const node = smallNode({ digest: foreign });
  chmodSync(node.state, 0o777);
  const { status: code, report } = seal(node, '--all');
  assert.is(code, 3);
  assert.is(report.blobs[0]?.outcome, 'refused');
  assert.ok(report.blobs[0]?.findings.some((found) => found.code === 'state-unusable'));
});

test('a full hash that equals the name is remembered without being asked', () => {
  const node = smallNode();
  assert.is(status(node).blobs[0]?.basis, null);
  verifyJson([...node.options, 'app:v1']);
  const known = status(node).blobs[0];
  assert.is(known?.basis, 'name');
  assert.is(known?.digest, `sha256:${node.base}`);
});

test('status lists blobs that are there, needed, or sealed, and who needs them', () => {
  const gone = 'ab'.repeat(32);
  const more = (_base: string, blob: string) => [
    snapshotOn('gone:v1', gone, blob, { overlay: overlayOn(blob.replace(/[0-9a-f]{64}/, gone)) }),
  ];
  const node = smallNode({ more });
  const blobs = Object.fromEntries(status(node).blobs.map((blob) => [blob.blob, blob]));
  assert.equal(blobs[gone]?.present, false);
  assert.equal(blobs[gone]?.snapshots, ['gone:v1']);
  assert.equal(blobs[node.base]?.snapshots, ['app:v1']);
  assert.equal(blobs[node.base]?.images, ['https://images.example.com/base.qcow2']);
  const text = blobcheck(['status', ...node.options]).stdout;
  assert.match(text, new RegExp(`${gone} {2}missing, not sealed`));
  assert.match(text, /last read {2}never/);
});

test.run();
