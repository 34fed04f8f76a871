import { rmSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SnapshotFiles } from '../builders/cocoon-root.js';
import { putRow } from '../builders/edit-metadata.js';
import { type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { hook, toldCodes } from './hooked.js';

const test = suite('the hook before a restore');

/** A node with `app:v1`, and the machine VM01, called `web`, that it was made from. */
function nodeWithMachine(engine: 'json' | 'sqlite' = 'json', changes: object = {}): SmallNode {
  let disks: unknown[] = [];
  const node = smallNode({
    engine,
    snapshot: () => ({ edit: ({ cocoon }: SnapshotFiles) => (disks = cocoon.storage_configs) }),
    more: (base, blob) => [snapshotOn('web', base, blob)],
  });
  const record = { storage_configs: disks, boot_config: {}, ...changes };
  putRow(node.root.directory, engine, 'cloud-hypervisor-vms', 'VM01', record);
  putRow(node.root.directory, engine, 'cloud-hypervisor-names', 'web', 'VM01');
  return node;
}

const restore = (node: SmallNode, words: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  hook(node, ['--operation=restore', '--', ...words], env);

for (const engine of ['json', 'sqlite'] as const) {
  test(`${engine}: the machine that the snapshot was made from is allowed, cold and warm`, () => {
    const node = nodeWithMachine(engine);
    for (const vm of ['web', 'VM01', 'VM0']) {
      const run = restore(node, [vm, 'app:v1']);
      assert.equal([run.status, run.stderr], [0, '']);
    }
  });

  test(`${engine}: a machine with other disks is denied, cold and warm`, () => {
    const node = nodeWithMachine(engine, { storage_configs: [] });
    for (let ask = 0; ask < 2; ask += 1) {
      const run = restore(node, ['web', 'app:v1']);
      assert.is(run.status, 1);
      assert.match(run.stderr, /^blobcheck: restore of app:v1 is refused\n {2}layer-mismatch: /);
      assert.match(run.stderr, /expected +cow, cidata {2}\(cocoon.json\)\n {4}actual +none\n {4}remedy +\S/);
    }
  });

  test(`${engine}: a machine that is not there is denied`, () => {
    const run = restore(nodeWithMachine(engine), ['nope', 'app:v1']);
    assert.is(run.status, 1);
    assert.equal(toldCodes(run), ['vm-not-found', 'check-timeout']);
  });

  test(`${engine}: a machine whose record is broken is unverified`, () => {
    const run = restore(nodeWithMachine(engine, { storage_configs: 7 }), ['web', 'app:v1']);
    assert.is(run.status, 3);
    assert.equal(toldCodes(run).sort(), ['check-timeout', 'metadata-unreadable']);
  });
}

test('a machine and a snapshot of one name are two things, and both are judged', () => {
  const node = nodeWithMachine();
  assert.is(restore(node, ['web', 'web']).status, 0);
  rmSync(node.blob);
  const run = restore(node, ['web', 'web']);
  assert.is(run.status, 1);
  assert.equal(toldCodes(run), ['blob-missing']);
});

test('a word that names nothing may be a flag’s value; the machine and the snapshot are found among the others', () => {
  const node = nodeWithMachine();
  for (const words of [
    ['x', 'VM01', 'app:v1'],
    ['VM01', 'x', 'app:v1'],
    ['VM01', 'app:v1', 'x'],
    ['x', 'web', 'app:v1'],
  ]) {
    const run = restore(node, words);
    assert.equal([run.status, run.stderr], [0, ''], words.join(' '));
  }
  rmSync(node.blob);
  assert.equal(toldCodes(restore(node, ['x', 'web', 'app:v1'])), ['blob-missing']);
});

test('where no word names a machine, or none a snapshot, nothing is allowed', () => {
  const node = nodeWithMachine();
  for (const words of [['x', 'y', 'app:v1'], ['VM01', 'x', 'y'], ['VM01', 'x'], ['VM01'], ['app:v1'], ['x']]) {
    assert.is(restore(node, words).status, 1, words.join(' '));
  }
});

test('each machine that is named is judged, as long as a word may be a flag’s value', () => {
  const node = nodeWithMachine();
  putRow(node.root.directory, 'json', 'cloud-hypervisor-vms', 'VM02', {});
  const run = restore(node, ['VM02', 'VM01', 'app:v1']);
  assert.is(run.status, 1);
  assert.ok(toldCodes(run).includes('layer-mismatch'));
});

test('what is wrong with the machine stays wrong when the base is brought or read', () => {
  for (const [storage_configs, code] of [
    [[], 'layer-mismatch'],
    [7, 'metadata-unreadable'],
  ] as const) {
    const node = nodeWithMachine('json', { storage_configs });
    const run = restore(node, ['web', 'app:v1'], { BLOBCHECK_PULL_POLICY: 'Always' });
    assert.is.not(run.status, 0);
    assert.ok(toldCodes(run).includes(code));
  }
});

test.run();
