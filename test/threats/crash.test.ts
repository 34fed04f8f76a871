/** Disks that are full or may not be written. Kills at any instant are held by test/remedy/killed and test/trust/write-state-file. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { smallNode } from '../builders/small-node.js';
import { codesOf, program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('threats: a crash, a full disk');

/** Runs a script where nobody else sees its mounts; $1 is the state directory, then come the words of a verify. */
function withMounts(script: string, state: string, words: readonly string[]) {
  const argv = ['--map-root-user', '--mount', 'sh', '-c', script, 'sh', state, process.execPath, program, ...words];
  const run = spawnSync('unshare', argv, { encoding: 'utf8' });
  assert.is(run.stderr, '');
  return run.stdout
    .split('\f')
    .filter((text) => text.trim() !== '')
    .map((text) => JSON.parse(text));
}

needs(
  ['mount-namespace'],
  test,
  'a full disk below the state directory changes no verdict, and leaves nothing torn',
  async () => {
    const node = smallNode();
    await settled(node.blob);
    const kept = join(temporaryDirectory(), 'kept');
    mkdirSync(kept);
    const script = `
      state=$1; shift
      mount -t tmpfs -o size=64k,mode=755 none "$state"
      dd if=/dev/zero of="$state/filler" bs=1k status=none 2>/dev/null
      "$@" || exit; printf '\\f'
      find "$state" -type f ! -name filler -exec cp {} ${kept} \\;
      rm "$state/filler"
      "$@" || exit; printf '\\f'
      "$@" --max-age 0`;
    const words = ['verify', '--json', ...node.options, 'app:v1'];
    const [full, roomy, again] = withMounts(script, node.state, words);
    assert.is(full.verdict, 'allow');
    assert.equal(codesOf(full.snapshots[0]), []);
    const told = full.findings.map(({ code }: { code: string }) => code);
    assert.equal(told, ['state-unusable']);
    for (const name of readdirSync(kept)) {
      const text = readFileSync(join(kept, name), 'utf8');
      if (name.endsWith('.json')) assert.ok(JSON.parse(text), name);
    }
    assert.equal([roomy.verdict, roomy.findings], ['allow', []]);
    assert.equal([again.verdict, again.snapshots[0].blobs[0].basis], ['allow', 'name']);
  },
);

needs(['mount-namespace'], test, 'a state directory on a read-only disk changes no verdict, and is told', async () => {
  const node = smallNode();
  await settled(node.blob);
  const script = 'state=$1; shift; mount -t tmpfs -o ro none "$state" && "$@"';
  const [report] = withMounts(script, node.state, ['verify', '--json', ...node.options, 'app:v1']);
  assert.is(report.verdict, 'allow');
  assert.equal(
    report.findings.map(({ code }: { code: string }) => code),
    ['state-unusable'],
  );
});

needs(['mount-namespace'], test, 'a root on a read-only disk is judged like any other', async () => {
  const node = smallNode();
  const script = 'shift; root=$1; shift; mount --bind "$root" "$root" && mount -o remount,ro,bind "$root" && "$@"';
  const argv = ['--map-root-user', '--mount', 'sh', '-c', script, 'sh', node.state, node.root.directory];
  const words = [process.execPath, program, 'verify', '--json', ...node.options, 'app:v1'];
  const run = spawnSync('unshare', [...argv, ...words], { encoding: 'utf8' });
  assert.is(run.status, 0, run.stdout + run.stderr);
  assert.is(JSON.parse(run.stdout).verdict, 'allow');
});

test.run();
