/** Fifty at once, and whoever removes files meanwhile. Who waits for whom is held by test/verify/one-reader and test/trust/lock. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { smallNode } from '../builders/small-node.js';
import { hookEnvironment, preClone } from '../cli/hooked.js';
import { codesOf } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';
import { verifyNode } from '../support/verify-node.js';

const test = suite('threats: a crowd');

needs(
  ['strace', 'receipts', 'flock'],
  test,
  'fifty hooks for one snapshot at once have one hash and fifty verdicts',
  async () => {
    const node = smallNode();
    await settled(node.blob);
    const trace = join(temporaryDirectory(), 'trace');
    const all = 'n=0; while [ $n -lt 50 ]; do n=$((n + 1)); { sh "$0" "$@"; echo "verdict $?"; } & done; wait';
    const ask = ['sh', '-c', all, preClone, '--root-dir', node.root.directory, 'app:v1'];
    const argv = ['-f', '--seccomp-bpf', '-qq', '-z', '-e', 'trace=execve', '-o', trace, ...ask];
    const env = hookEnvironment({ BLOBCHECK_STATE_DIR: node.state });
    const run = spawnSync('strace', argv, { encoding: 'utf8', env });
    assert.equal(run.stdout.trimEnd().split('\n'), Array(50).fill('verdict 0'), run.stderr);
    const calls = readFileSync(trace, 'utf8').split('\n');
    // The one that answers, and the process that it has read the base.
    assert.is(calls.filter((call) => /execve\("[^"]*\/node"/.test(call)).length, 2);
  },
);

test('a base or a snapshot that is removed while it is judged is a finding, and never an allow', async () => {
  for (const [what, remove] of [
    ['the base', (node: ReturnType<typeof smallNode>) => rmSync(node.blob)],
    ['the snapshot', (node: ReturnType<typeof smallNode>) => rmSync(node.root.files('app:v1'), { recursive: true })],
  ] as const) {
    const node = smallNode();
    let removed = false;
    const onProgress = () => {
      if (!removed) remove(node);
      removed = true;
    };
    const report = await verifyNode(node, undefined, { onProgress });
    assert.ok(removed);
    assert.is.not(report.verdict, 'allow', what);
    assert.ok(
      codesOf(report.snapshots[0]).some((code) => code === 'blob-changed' || code === 'file-changed'),
      what,
    );
  }
});

test.run();
