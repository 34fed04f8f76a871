import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type SmallNode, smallNode } from '../builders/small-node.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { forge } from '../verify/blobs.js';
import { hookEnvironment, hookScript, preClone } from './hooked.js';
import { ask, rootOf, stampOf, traced, WARM, warmNode } from './warm.js';

const test = suite('which answers of the hook are remembered');

const stamps = ({ state }: SmallNode): readonly string[] =>
  existsSync(join(state, 'stamps')) ? readdirSync(join(state, 'stamps')) : [];

needs(['receipts'], test, 'neither a restore, nor a run, nor a directory leaves one', async () => {
  const node = smallNode();
  await settled(node.blob);
  const at = ['--root-dir', rootOf(node)];
  const image = 'https://images.example.com/base.qcow2';
  for (const words of [
    ['--operation', 'run', ...at, image],
    ['--operation', 'restore', ...at, 'app:v1', 'app:v1'],
    ['--from-dir', node.root.files('app:v1'), ...at, 'app:v1'],
  ]) {
    hookScript(node, words);
    assert.equal(stamps(node), [], words.join(' '));
  }
  assert.is(hookScript(node, ['--operation', 'run', ...at, image]).status, 0, 'an allow, which leaves none either');
  assert.equal(stamps(node), []);
  assert.is(ask(node).status, 0);
  assert.equal(stamps(node), ['app:v1']);
});

needs(['receipts'], test, 'an allow that is overdue, or on recovered metadata, leaves none', async () => {
  const overdue = warmNode();
  const folder = join(overdue.state, 'receipts');
  const receipt = join(folder, readdirSync(folder).find((name) => !name.startsWith('.')) ?? '', `${overdue.base}.json`);
  const before = readFileSync(stampOf(overdue), 'utf8');
  forge(receipt, { at: new Date(Date.now() - 31 * 24 * 60 * 60 * 1000).toISOString() });
  const asked = ask(overdue);
  assert.is(asked.status, 0);
  assert.match(asked.stderr, 'verification-overdue');
  assert.is(readFileSync(stampOf(overdue), 'utf8'), before, 'nothing new');

  const recovered = smallNode();
  await settled(recovered.blob);
  const index = join(rootOf(recovered), 'snapshot/db/snapshots.json');
  writeFileSync(`${index}.prev`, readFileSync(index));
  truncateSync(index, 50);
  const told = ask(recovered);
  assert.is(told.status, 0);
  assert.match(told.stderr, 'metadata-recovered');
  assert.equal(stamps(recovered), []);
});

needs(['receipts', 'mount-namespace'], test, 'an allow that rests on files in memory leaves none', async () => {
  const node = smallNode();
  await settled(node.blob);
  // Its base is where a read is remembered; the snapshot's own files are where no time proves anything.
  const script =
    'cp -a "$0" "$0.kept" && mount -t tmpfs none "$0" && cp -a --sparse=always "$0.kept/." "$0/" && exec "$@"';
  const snapshots = join(rootOf(node), 'snapshot/localfile');
  const ask = ['sh', preClone, '--root-dir', rootOf(node), 'app:v1'];
  const env = hookEnvironment({ BLOBCHECK_STATE_DIR: node.state });
  const argv = ['--map-root-user', '--mount', 'sh', '-c', script, snapshots, ...ask];
  const asked = spawnSync('unshare', argv, { encoding: 'utf8', env });
  assert.equal([asked.status, asked.stderr], [0, '']);
  assert.ok(existsSync(join(node.state, 'receipts')));
  assert.equal(stamps(node), []);
});

needs(['strace', 'receipts'], test, 'one that has come to its end answers nothing', () => {
  const node = warmNode();
  const stamp = stampOf(node);
  // Both lines that say when it ends, as a stamp of 30 days ago has them.
  const now = Math.floor(Date.now() / 1000);
  const ended = readFileSync(stamp, 'utf8').replace(/^(valid|end) (\d+) \d+/gm, `$1 ${now - 100} ${now - 1}`);
  writeFileSync(stamp, ended);
  const { programs, status, stderr } = traced(node);
  assert.is(status, 0);
  assert.is(stderr, '', 'its end is no damage');
  assert.ok(programs.length > WARM.length, programs.join());
});

test.run();
