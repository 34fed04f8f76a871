import { chmodSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flipBit } from '../../demo/node.js';
import { baseBytes, overlayOn, smallNode, snapshotOn } from '../builders/small-node.js';
import { blobcheck, codesOf, verifyJson } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { foreign, seal, sealFiles, status, swap } from './seals.js';

const test = suite('blobcheck seal and status');

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

needs(['receipts'], test, 'a sealed blob was read, and its swap for another file is known as one', async () => {
  const node = smallNode({ digest: foreign });
  await settled(node.blob);
  assert.is(status(node).blobs[0]?.lastRead, null);
  assert.is(seal(node, foreign).status, 0);
  const known = status(node).blobs[0];
  assert.is.not(known?.lastRead, null);
  assert.is(known?.lastResult, 'good');
  assert.is(known?.unchangedSince, true);
  assert.equal(codesOf(verifyJson([...node.options, 'app:v1']).report.snapshots[0]), []);
  swap(node.blob, baseBytes('swapped'));
  assert.is(status(node).blobs[0]?.unchangedSince, false);
  assert.equal(codesOf(verifyJson([...node.options, 'app:v1']).report.snapshots[0]), ['blob-replaced']);
  assert.is(status(node).blobs[0]?.lastResult, 'bad');
});

test('a sealed blob that is written over in its place is corrupt, and no other file', async () => {
  const node = smallNode({ digest: foreign });
  await settled(node.blob);
  assert.is(seal(node, foreign).status, 0);
  flipBit(node.blob, 5 * 65536 + 3);
  assert.equal(codesOf(verifyJson([...node.options, 'app:v1']).report.snapshots[0]), ['blob-corrupt']);
});

test('where the directory of the blobs is gone, verify and seal say what is missing', () => {
  const node = smallNode();
  rmSync(dirname(node.blob), { recursive: true });
  const { status: verified, report } = verifyJson([...node.options, 'app:v1']);
  assert.is(verified, 1);
  assert.equal(codesOf(report.snapshots[0]), ['blob-missing']);
  assert.is(report.snapshots[0]?.findings[0]?.subject, node.blob);
  const { status: code, report: sealed } = seal(node, 'app:v1');
  assert.is(code, 1);
  assert.is(sealed.blobs[0]?.outcome, 'refused');
  assert.equal(
    sealed.blobs[0]?.findings.map((found) => found.code),
    ['blob-missing'],
  );
  assert.is(sealed.blobs[0]?.path, node.blob);
  assert.equal(seal(node, '--all').report.blobs, []);
});

test('a seal that cannot be written is no success', () => {
  const node = smallNode({ digest: foreign });
  // Nobody makes a directory there.
  const { status: code, report } = seal({ ...node, options: [...node.options, '--state-dir', '/proc/state'] }, '--all');
  assert.is(code, 3);
  assert.is(report.blobs[0]?.outcome, 'refused');
  assert.equal(
    report.blobs[0]?.findings.map((found) => found.code),
    ['state-unusable'],
  );
});

test('where others can write nothing is sealed', () => {
  const node = smallNode({ digest: foreign });
  chmodSync(node.state, 0o777);
  const { status: code, report } = seal(node, '--all');
  assert.is(code, 3);
  assert.equal(
    report.findings.map((found) => found.code),
    ['state-unusable'],
  );
  assert.is(report.blobs[0]?.outcome, 'refused');
  assert.equal(
    report.blobs[0]?.findings.map((found) => found.code),
    ['state-unusable'],
  );
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

test('status --quiet tells only of what is not well', () => {
  const node = smallNode();
  const quiet = () => blobcheck(['status', '--quiet', ...node.options]);
  assert.equal([quiet().status, quiet().stdout], [0, '']);
  assert.is(seal(node, '--all').status, 0);
  truncateSync(join(node.state, 'seals', readdirSync(join(node.state, 'seals'))[0] ?? '', `${node.base}.json`), 1);
  assert.is(quiet().status, 3);
  assert.match(quiet().stdout, 'seal-unreadable');
});

test('whose cocoon cannot be run says which one was meant', () => {
  const node = smallNode();
  rmSync(node.blob);
  const run = blobcheck(['ensure', ...node.options, 'app:v1'], { BLOBCHECK_COCOON: '/nope' });
  assert.is(run.status, 1);
  assert.match(run.stdout, 'nothing can bring it: BLOBCHECK_COCOON is /nope, and there is no program that can be run');
});

test.run();
