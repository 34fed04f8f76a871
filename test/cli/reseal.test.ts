import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { putRow } from '../builders/edit-metadata.js';
import { baseBytes, imageUrl, smallNode } from '../builders/small-node.js';
import { blobcheck, codesOf, program, verifyJson } from '../support/blobcheck.js';
import { pastedWithoutPlace } from '../support/remedies.js';
import { needs } from '../support/requires.js';
import { sha256 } from '../support/sha256.js';
import { foreign, seal, status, swap } from './seals.js';

const test = suite('blobcheck seal --replace');

test('seal --replace gives one blob a new seal and keeps the old one in its history', () => {
  const node = smallNode({ digest: foreign });
  const { report: first } = seal(node, foreign);
  const other = baseBytes('converted by another qemu-img');
  swap(node.blob, other);
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

test('a converted blob of another size than the index says is sealed by --replace alone, and allowed then', () => {
  for (const engine of ['json', 'sqlite'] as const) {
    const node = smallNode({ engine, digest: foreign });
    const entry = { ref: imageUrl, content_sum: `sha256:${foreign}`, size: 4096 };
    putRow(node.root.directory, engine, 'cloud-images', imageUrl, entry);
    const before = verifyJson([...node.options, 'app:v1']);
    assert.equal(codesOf(before.report.snapshots[0]), ['blob-size-mismatch']);
    const refused = seal(node, foreign);
    assert.is(refused.status, 1);
    assert.is(refused.report.blobs[0]?.outcome, 'refused');
    const replaced = seal(node, '--replace', foreign);
    assert.is(replaced.status, 0);
    assert.is(replaced.report.blobs[0]?.basis, 'operator');
    const after = verifyJson([...node.options, 'app:v1']);
    assert.is(after.status, 0);
    assert.equal(codesOf(after.report.snapshots[0]), []);
    // The seal knows better than the index, and not better than the next change.
    writeFileSync(node.blob, Buffer.alloc(1), { flag: 'a' });
    const longer = verifyJson([...node.options, 'app:v1']).report.snapshots[0];
    assert.equal(codesOf(longer), ['blob-size-mismatch']);
    assert.is(longer?.findings[0]?.expectedFrom, 'seal');
  }
});

const original = baseBytes('as it was published');
for (const [how, code, bring] of [
  ['written over', 'blob-corrupt', (blob: string) => writeFileSync(blob, original)],
  ['swapped', 'blob-replaced', (blob: string) => swap(blob, original)],
] as const) {
  const needed = how === 'swapped' ? ['receipts'] : [];
  needs(
    needed,
    test,
    `an operator’s seal against a file that is now what its name says (${how}) is settled by --replace`,
    () => {
      const node = smallNode({ digest: sha256(original), content: 'converted' });
      assert.is(seal(node, node.base).report.blobs[0]?.basis, 'operator');
      assert.is(verifyJson([...node.options, 'app:v1']).status, 0);
      bring(node.blob);
      const { status: verified, report } = verifyJson([...node.options, 'app:v1']);
      assert.is(verified, 1);
      assert.equal(codesOf(report.snapshots[0]), [code]);
      assert.equal(report.snapshots[0]?.findings[0]?.remedyArgv, [
        'blobcheck',
        'seal',
        '--replace',
        ...node.options,
        node.base,
      ]);
      assert.is(seal(node, node.base).report.blobs[0]?.outcome, 'refused');
      assert.is(seal(node, '--replace', node.base).report.blobs[0]?.basis, 'name');
      assert.is(verifyJson([...node.options, 'app:v1']).status, 0);
      assert.equal(
        status(node).blobs[0]?.history.map(({ basis }) => basis),
        ['operator'],
      );
    },
  );
}

test('a remedy that is pasted is about the node that was asked about, not about the one where cocoon keeps its own', () => {
  const node = smallNode({ digest: sha256(original), content: 'converted' });
  const { report } = verifyJson([...node.options, 'app:v1']);
  const [found] = report.snapshots[0]?.findings ?? [];
  assert.is(found?.code, 'blob-unsealed');
  const env = { PATH: `${dirname(program)}:${process.env.PATH}`, HOME: process.env.HOME };
  const pasted = spawnSync('sh', ['-c', found?.remedy ?? ''], { encoding: 'utf8', env });
  assert.is(pasted.status, 0, pasted.stderr);
  assert.is(verifyJson([...node.options, 'app:v1']).status, 0);
});

test('an operator’s seal against any other content is mended by ensure, never by --replace', () => {
  const node = smallNode({ digest: sha256(original), content: 'converted' });
  assert.is(seal(node, node.base).status, 0);
  swap(node.blob, baseBytes('neither the one nor the other'));
  const { report } = verifyJson([...node.options, 'app:v1']);
  assert.is(report.verdict, 'deny');
  assert.is(pastedWithoutPlace(report.snapshots[0]?.findings[0]?.remedy), 'blobcheck ensure app:v1');
});

test.run();
