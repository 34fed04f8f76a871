/** Whoever can read cocoon's root is told what root is told, and leaves nothing behind. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baseBytes, imageUrl, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { blobcheckAsNobody } from '../support/as-nobody.js';
import { blobcheck, type Ran } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('a user who can read the root');

const foreign = 'cd'.repeat(32);

/** Two snapshots, of which one stands on a converted base that root has sealed; all may read it all. */
function openNode(engine: 'json' | 'sqlite'): SmallNode {
  const converted = { ref: 'https://images.example.com/old.img', bytes: baseBytes('converted'), digest: foreign };
  const node = smallNode({
    engine,
    images: [converted],
    more: (_base, blob) => {
      const path = blob.replace(/[0-9a-f]{64}/, foreign);
      return [snapshotOn('old:v1', foreign, path, { image: converted.ref })];
    },
  });
  assert.is(blobcheck(['seal', ...node.options, '--all']).status, 0);
  for (const path of [node.root.directory, node.state]) {
    assert.is(spawnSync('chmod', ['-R', 'a+rX', path]).status, 0);
  }
  return node;
}

/** What is told, without what is another at each run. */
function told({ status, stdout, stderr }: Ran): unknown {
  const timeless = stdout.replace(/"seconds": ?[0-9.]+|"(process|age)": ?[0-9]+/g, '').replace(/\d+(\.\d+)?m?s\b/g, '');
  return { status, stdout: timeless, stderr };
}

const names = (directory: string) => readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();

for (const engine of ['json', 'sqlite'] as const) {
  needs(
    ['nobody'],
    test,
    `${engine}: another user gets the verdicts of root, from root’s seals, and leaves nothing behind`,
    () => {
      const node = openNode(engine);
      const before = [names(node.root.directory), names(node.state)];
      const overlay = join(node.root.files('app:v1'), 'overlay.qcow2');
      for (const words of [
        ['verify', '--all', '--json', ...node.options],
        ['verify', '--all', '--max-age', '0', '--json', ...node.options],
        ['verify', '--image', imageUrl, '--json', ...node.options],
        ['verify', 'gone:v1', '--json', ...node.options],
        ['ensure', '--pull-policy', 'Never', 'app:v1', ...node.options],
        ['hook', 'app:v1', ...node.options],
        ['inspect', '--json', overlay],
        ['hash', node.blob],
      ]) {
        const theirs = blobcheckAsNobody(words);
        assert.equal(told(theirs), told(blobcheck(words)), words.join(' '));
        assert.is.not(theirs.status, 3);
      }
      assert.equal([names(node.root.directory), names(node.state)], before);
    },
  );
}

needs(['nobody', 'tar'], test, 'another user judges an export, and a directory of his own', () => {
  const node = openNode('json');
  const place = temporaryDirectory();
  chmodSync(place, 0o755);
  const exported = fileURLToPath(new URL('../fixtures/real/exports/simular_win11_v1.plain.gz', import.meta.url));
  copyFileSync(exported, join(place, 'packed'));
  const unpacked = gunzipSync(spawnSync('cat', [join(place, 'packed')], { maxBuffer: 1 << 28 }).stdout);
  mkdirSync(join(place, 'snapshot'));
  assert.is(spawnSync('tar', ['-x', '-C', join(place, 'snapshot')], { input: unpacked }).status, 0);
  rmSync(join(place, 'packed'));
  assert.is(spawnSync('chown', ['-R', '65534:65534', join(place, 'snapshot')]).status, 0);
  const words = ['verify', '--json', '--from-dir', join(place, 'snapshot'), ...node.options];
  const { snapshots } = JSON.parse(blobcheckAsNobody(words).stdout);
  const codes = snapshots[0].findings.map(({ code }: { code: string }) => code);
  // That they are his own is nothing against them for himself, and something for root.
  assert.not.ok(codes.includes('from-dir-not-private'), codes.join());
  const root = JSON.parse(blobcheck(words).stdout).snapshots[0].findings.map(({ code }: { code: string }) => code);
  assert.ok(root.includes('from-dir-not-private'), root.join());
});

needs(['nobody'], test, 'what another user may not read is unverified, and never allowed', () => {
  const node = openNode('json');
  chmodSync(node.root.files('app:v1'), 0o700);
  const refused = blobcheckAsNobody(['verify', '--all', '--json', ...node.options]);
  assert.is(refused.status, 3);
  const verdicts = JSON.parse(refused.stdout).snapshots.map(({ name, verdict }: { name: string; verdict: string }) => [
    name,
    verdict,
  ]);
  assert.equal(verdicts, [
    ['app:v1', 'unverified'],
    ['old:v1', 'allow'],
  ]);
});

test.run();
