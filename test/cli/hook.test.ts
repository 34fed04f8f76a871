import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flipBit } from '../../demo/node.js';
import { snapshotIndex } from '../../lib/store/layout.js';
import { openState } from '../../lib/trust/state-directory.js';
import { idFor } from '../builders/cocoon-root.js';
import { putRow } from '../builders/edit-metadata.js';
import { baseBytes, imageUrl, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';
import { traced } from '../support/traced.js';
import { hold } from '../trust/held.js';
import { whatReceiptsNeed } from '../verify/blobs.js';
import { hook, hookEnvironment, hookScript, preClone, toldCodes } from './hooked.js';
import { foreign, status } from './seals.js';

const test = suite('the hook');

const receiptsNeed = await whatReceiptsNeed();

async function settledNode(engine: 'json' | 'sqlite' = 'json'): Promise<SmallNode> {
  const more = (base: string, blob: string) => [snapshotOn('other:v1', base, blob)];
  const node = smallNode({ engine, more });
  await settled(node.blob);
  return node;
}

const script = (node: SmallNode, operation: string, ...words: string[]) =>
  hookScript(node, ['--operation', operation, '--root-dir', node.root.directory, '--', ...words]);

for (const engine of ['json', 'sqlite'] as const) {
  needs(
    receiptsNeed,
    test,
    `${engine}: a healthy snapshot is allowed; cold it is read once, warm not at all`,
    async () => {
      const node = await settledNode(engine);
      const cold = hook(node, ['app:v1']);
      assert.equal([cold.status, cold.stderr], [0, '']);
      const [blob] = status(node).blobs;
      assert.equal([blob?.basis, blob?.lastResult], ['name', 'good']);
      // Whoever would read it would wait for ever: the turn to read is ours.
      const held = await hold(await openState(node.state, node.root.directory), node.base);
      for (const word of ['app:v1', idFor('app:v1'), idFor('app:v1').slice(0, 8), 'other:v1']) {
        const warm = hook(node, [word], { BLOBCHECK_TIMEOUT: '60' });
        assert.equal([warm.status, warm.stderr], [0, ''], word);
      }
      await held.release();
      assert.equal(status(node).blobs[0]?.lastRead, blob?.lastRead);
    },
  );

  test(`${engine}: through the script, a healthy snapshot, restore and run are allowed`, async () => {
    const node = await settledNode(engine);
    putRow(node.root.directory, engine, 'cloud-hypervisor-vms', 'VM01', {
      storage_configs: [{ role: 'cow' }, { role: 'cidata' }],
    });
    for (const [operation, ...words] of [
      ['clone', 'app:v1'],
      ['run', imageUrl],
      ['restore', 'VM01', 'app:v1'],
    ] as const) {
      const run = script(node, operation, ...words);
      assert.equal([run.status, run.stderr], [0, ''], operation);
    }
  });

  test(`${engine}: a corrupt base is denied with what was expected, what is there and the way out, cold and warm`, async () => {
    const node = await settledNode(engine);
    hook(node, ['app:v1']);
    flipBit(node.blob, 5 * 65536 + 3);
    for (let ask = 0; ask < 2; ask += 1) {
      const run = hook(node, ['app:v1']);
      assert.is(run.status, 1);
      assert.equal(toldCodes(run), ['blob-corrupt']);
      assert.match(run.stderr, /^blobcheck: clone of app:v1 is refused\n/);
      assert.match(run.stderr, `expected  sha256:${node.base}  (seal, basis name, since `);
      assert.match(
        run.stderr,
        /\n {4}actual +sha256:[0-9a-f]{64}\n {4}remedy +blobcheck ensure --root-dir \S+ --state-dir \S+ app:v1\n$/,
      );
    }
    const run = script(node, 'clone', 'app:v1');
    assert.is(run.status, 1);
    assert.equal(toldCodes(run), ['blob-corrupt']);
  });

  test(`${engine}: a missing base is denied at once, for a clone and for a run`, async () => {
    const node = await settledNode(engine);
    rmSync(node.blob);
    const clone = hook(node, ['app:v1']);
    assert.equal([clone.status, ...toldCodes(clone)], [1, 'blob-missing']);
    const run = hook(node, ['--operation=run', imageUrl]);
    assert.equal([run.status, ...toldCodes(run)], [1, 'blob-missing']);
    assert.match(run.stderr, `remedy    blobcheck ensure --image ${node.options.join(' ')} ${imageUrl}\n`);
  });

  test(`${engine}: a word that names nothing is denied, and never a pattern`, async () => {
    const node = await settledNode(engine);
    for (const word of ['nope', '*', 'app:*', 'app:v?', '{app:v1}', '[a]pp:v1', '', 'ap', '--app:v1']) {
      const run = hook(node, ['--', word]);
      assert.equal([run.status, ...toldCodes(run)], [1, 'snapshot-not-found'], word);
    }
    const run = hook(node, ['--operation=run', 'nope']);
    assert.equal([run.status, ...toldCodes(run)], [1, 'image-not-found']);
  });

  test(`${engine}: a snapshot that is called like a pattern is that snapshot`, async () => {
    const more = (base: string) => [snapshotOn('*', base, `/x/${base}.qcow2`)];
    const node = smallNode({ engine, more });
    const run = hook(node, ['*']);
    assert.is(run.status, 1);
    assert.not.ok(toldCodes(run).includes('snapshot-not-found'));
    assert.match(run.stderr, 'clone of * is refused');
  });

  test(`${engine}: of several words those that name something are judged, all of them`, async () => {
    const node = await settledNode(engine);
    for (const words of [
      ['x', 'app:v1'],
      ['app:v1', '*'],
      ['app:v1', 'other:v1'],
    ]) {
      assert.is(hook(node, words).status, 0, words.join(' '));
    }
    rmSync(join(node.root.files('other:v1'), 'overlay.qcow2'));
    for (const words of [
      ['app:v1', 'other:v1'],
      ['other:v1', 'app:v1'],
      ['x', 'other:v1'],
      ['x', 'y'],
    ]) {
      assert.is(hook(node, words).status, 1, words.join(' '));
    }
  });
}

test('a base that nobody has sealed is denied, and read once for two asks', async () => {
  const node = smallNode({ digest: foreign });
  await settled(node.blob);
  for (let ask = 0; ask < 2; ask += 1) {
    const run = hook(node, ['app:v1']);
    assert.equal([run.status, ...toldCodes(run)], [1, 'blob-unsealed']);
    assert.match(run.stderr, `remedy    blobcheck seal ${node.options.join(' ')} ${foreign}`);
  }
  assert.is(status(node).blobs[0]?.lastResult, 'unsealed');
});

test('a warning is told beside an allow, and changes nothing', async () => {
  const node = smallNode({ snapshot: () => ({ edit: ({ record }) => Object.assign(record, { image_blob_ids: {} }) }) });
  const run = hook(node, ['app:v1']);
  assert.is(run.status, 0);
  assert.match(run.stderr, /^blobcheck: blob-unpinned: .*\n$/);
});

test('a root that cannot be judged is unverified', () => {
  const node = smallNode();
  writeFileSync(join(node.root.directory, 'snapshot/db/snapshots.json'), 'torn');
  const run = hook(node, ['app:v1']);
  assert.is(run.status, 3);
  assert.ok(toldCodes(run).includes('metadata-unreadable'));
  assert.is(script(node, 'clone', 'app:v1').status, 1);
});

test('a directory in the place of a snapshot is judged by itself, whatever else is named', () => {
  const node = smallNode();
  for (const words of [[], ['app:v1'], ['web', 'app:v1']]) {
    const run = hook(node, [`--from-dir=${node.root.directory}`, ...words]);
    assert.is(run.status, 1);
    assert.ok(toldCodes(run).includes('snapshot-file-missing'));
  }
});

test('an operation that there is not, no word, and a policy that is none are wrong usage', () => {
  const node = smallNode();
  for (const args of [['--operation=delete', 'app:v1'], [], ['--operation=restore']]) {
    const run = hook(node, args);
    assert.is(run.status, 2);
    assert.match(run.stderr, /^error: .*\n$/);
  }
  assert.is(hook(node, ['app:v1'], { BLOBCHECK_PULL_POLICY: 'never' }).status, 2);
});

test('a time limit that is none is told, and is ten minutes', () => {
  const run = hook(smallNode(), ['app:v1'], { BLOBCHECK_TIMEOUT: '1\u001b[31m day' });
  assert.is(run.status, 0);
  const said = 'blobcheck: BLOBCHECK_TIMEOUT is no duration (90, 90s, 10m, 1h), so it is 10m: "1\\u001b[31m day"\n';
  assert.is(run.stderr, said);
});

test('a worker that is to bring a base without a cocoon says so, and the base is still missing', () => {
  const node = smallNode();
  rmSync(node.blob);
  const run = hook(node, ['--pull', 'app:v1']);
  assert.is(run.status, 1);
  assert.ok(toldCodes(run).includes('blob-missing'));
  assert.match(run.stderr, 'there is no cocoon');
});

test('whoever stands in a directory that was removed is answered, cold and again', async () => {
  const node = await settledNode();
  const removed = 'cd "$0" && rmdir "$0" && exec "$@"';
  const from = (...argv: string[]) => {
    const env = hookEnvironment({ BLOBCHECK_STATE_DIR: node.state });
    return spawnSync('sh', ['-c', removed, temporaryDirectory(), ...argv], { encoding: 'utf8', env });
  };
  for (const argv of [
    ['sh', preClone, '--root-dir', node.root.directory, 'app:v1'],
    ['sh', preClone, '--root-dir', node.root.directory, 'app:v1'],
    [process.execPath, program, 'verify', '--quiet', ...node.options, 'app:v1'],
    [process.execPath, program, 'seal', '--quiet', ...node.options, '--all'],
  ]) {
    const { status: code, stderr } = from(...argv);
    // dash itself says that it has none.
    const ours = stderr.replace(/^sh: 0: getcwd\(\) failed: .*\n/gm, '');
    assert.equal([code, ours], [0, ''], argv.join(' '));
  }
});

test('content that came back by itself is found by the next ask', async () => {
  const node = await settledNode();
  rmSync(node.blob);
  assert.is(hook(node, ['app:v1']).status, 1);
  writeFileSync(node.blob, baseBytes('base'));
  assert.is(hook(node, ['app:v1']).status, 0);
});

needs(
  [...receiptsNeed, 'strace'],
  test,
  'an index is read once by each process, however often the store is looked into: megabytes are most of its work',
  async () => {
    const node = await settledNode();
    const index = snapshotIndex(node.root.location.root);
    await settled(index);
    const readings = () => {
      const env = hookEnvironment({ BLOBCHECK_STATE_DIR: node.state });
      const words = ['sh', preClone, '--root-dir', node.root.directory, 'app:v1'];
      const { calls, status } = traced(words, 'openat', ['-P', index], env);
      assert.is(status, 0);
      return calls.filter((call) => call.includes('openat(')).length;
    };
    assert.is(readings(), 2, 'one that asks, and one that reads the base');
    rmSync(join(node.state, 'stamps'), { recursive: true });
    assert.is(readings(), 1, 'the base is known');
  },
);

test.run();
