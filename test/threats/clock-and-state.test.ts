/** A clock that was set back, and a state directory that was touched; the records themselves are held by test/trust. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type SmallNode, smallNode } from '../builders/small-node.js';
import { hook, hookScript } from '../cli/hooked.js';
import { blobcheck, codesOf, program, verifyJson } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';
import { forge } from '../verify/blobs.js';

const test = suite('threats: clock and state');

function folderOf({ state }: SmallNode, section: 'seals' | 'receipts'): string {
  const folder = join(state, section);
  return join(folder, readdirSync(folder).find((name) => !name.startsWith('.')) ?? '');
}

needs(
  ['receipts'],
  test,
  'on a clock that was set back a good read is overdue and still allows, and no stamp answers',
  async () => {
    const node = smallNode();
    await settled(node.blob);
    const ask = () => hookScript(node, ['--root-dir', node.root.directory, 'app:v1']);
    assert.is(ask().status, 0);
    // What is remembered is of tomorrow, as it is when the clock has gone back by a day.
    const tomorrow = Date.now() + 24 * 60 * 60 * 1000;
    const stamp = join(node.state, 'stamps/app:v1');
    writeFileSync(
      stamp,
      readFileSync(stamp, 'utf8').replace(/^(valid|end) \d+/gm, `$1 ${Math.floor(tomorrow / 1000)}`),
    );
    const asked = ask();
    assert.is(asked.status, 0);
    assert.match(asked.stderr, 'it is from the future');
    forge(join(folderOf(node, 'receipts'), `${node.base}.json`), { at: new Date(tomorrow).toISOString() });
    const { status, report } = verifyJson([...node.options, 'app:v1']);
    assert.is(status, 0);
    assert.equal(codesOf(report.snapshots[0]), ['verification-overdue']);
  },
);

needs(
  ['receipts'],
  test,
  'whatever is remembered but the seals may be deleted at any time, and costs a read',
  async () => {
    const node = smallNode();
    await settled(node.blob);
    const ask = () => hookScript(node, ['--root-dir', node.root.directory, 'app:v1']);
    assert.is(ask().status, 0);
    const sections = readdirSync(node.state).filter((name) => name !== 'seals');
    assert.equal(sections.sort(), ['locks', 'receipts', 'stamps']);
    const howIs = () => verifyJson([...node.options, 'app:v1']).report.snapshots[0]?.blobs[0]?.how;
    assert.is(howIs(), 'receipt');
    for (const section of sections) {
      rmSync(join(node.state, section), { recursive: true });
      assert.is(howIs(), section === 'receipts' ? 'hashed' : 'receipt', section);
      assert.is(ask().status, 0, section);
    }
  },
);

needs(['mount-namespace'], test, 'where identities prove nothing nothing is remembered, and every ask reads', () => {
  const node = smallNode();
  // The root as it was, in memory; asked twice, and once more by the hook.
  const script = `set -e
    cp -a "$1/." "$2/"; mount -t tmpfs none "$1"; cp -a --sparse=always "$2/." "$1/"; shift 2
    "$@"; "$@"`;
  const words = [process.execPath, program, 'verify', '--json', ...node.options, 'app:v1'];
  const argv = [
    '--map-root-user',
    '--mount',
    'sh',
    '-c',
    script,
    'sh',
    node.root.directory,
    temporaryDirectory(),
    ...words,
  ];
  const run = spawnSync('unshare', argv, { encoding: 'utf8' });
  assert.is(run.status, 0, run.stderr);
  const hows = [...run.stdout.matchAll(/"how": ?"(\w+)"/g)].map(([, how]) => how);
  assert.equal(hows, ['hashed', 'hashed']);
  const remembered = readdirSync(node.state, { recursive: true, encoding: 'utf8' });
  assert.equal(
    remembered.filter((name) => /^(receipts|stamps)\/.+\.json$|^stamps\/./.test(name)),
    [],
  );
});

test('a seal that was made by the tool of tomorrow is no seal of today, and nothing is sealed over it', async () => {
  const node = smallNode({ digest: 'cd'.repeat(32) });
  assert.is(blobcheck(['seal', '--all', ...node.options]).status, 0);
  const file = join(folderOf(node, 'seals'), `${node.base}.json`);
  forge(file, { version: 2 });
  const before = readFileSync(file, 'utf8');
  for (const words of [
    ['verify', 'app:v1'],
    ['seal', '--all'],
  ]) {
    const run = blobcheck([...words, ...node.options]);
    assert.is(run.status, 3, run.stdout);
    assert.match(run.stdout, 'seal-unreadable');
  }
  assert.is(hook(node, ['app:v1']).status, 3);
  assert.is(readFileSync(file, 'utf8'), before);
});

test.run();
