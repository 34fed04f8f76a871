import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { smallNode } from '../builders/small-node.js';
import { program } from '../support/blobcheck.js';

const test = suite('output that cannot be written');

type Output = 'full' | 'closed' | 'pipe';

/** Runs with an output that is a full disk, or a pipe that nobody reads. */
function run(args: readonly string[], outputs: { stdout?: Output; stderr?: Output }) {
  const script = ['"$@"', redirection('1', outputs.stdout), redirection('2', outputs.stderr)].join(' ');
  return spawnSync('bash', ['--norc', '-c', `set -o pipefail; ${script}`, 'bash', process.execPath, program, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
}

function redirection(descriptor: string, output: Output = 'pipe'): string {
  if (output === 'full') return `${descriptor}>/dev/full`;
  // It has ended before anything is written to it.
  return output === 'closed' ? `${descriptor}> >(exec true)` : '';
}

test('a report that a full disk does not take is no success, and one line says so', () => {
  const node = smallNode();
  for (const args of [
    ['verify', ...node.options, 'app:v1'],
    ['verify', '--json', ...node.options, 'app:v1'],
    ['--version'],
  ]) {
    const { status, stderr } = run(args, { stdout: 'full' });
    assert.is(status, 3);
    assert.match(stderr, /^blobcheck: standard output cannot be written: ENOSPC: [^\n]*\n$/);
  }
});

test('a denial stays one where its report cannot be written', () => {
  const node = smallNode();
  writeFileSync(node.blob, 'other');
  assert.is(run(['verify', ...node.options, 'app:v1'], { stdout: 'full' }).status, 1);
});

test('a reader that has gone away changes no verdict', () => {
  const node = smallNode();
  const { status, stderr } = run(['verify', ...node.options, 'app:v1'], { stdout: 'closed' });
  assert.equal([status, stderr], [0, '']);
});

test('what standard error does not take changes no verdict, and nothing on standard output', () => {
  const node = smallNode();
  for (const stderr of ['full', 'closed'] as const) {
    const allowed = run(['verify', ...node.options, 'app:v1'], { stderr });
    assert.is(allowed.status, 0);
    assert.match(allowed.stdout, /allow/);
    assert.is(run(['hash', '/nonexistent'], { stderr }).status, 3);
    assert.is(run(['verify'], { stderr }).status, 2);
  }
});

test('both outputs on a full disk are no success', () => {
  const full = openSync('/dev/full', 'w');
  try {
    const run = spawnSync(process.execPath, [program, '--version'], { stdio: ['ignore', full, full] });
    assert.is(run.status, 3);
  } finally {
    closeSync(full);
  }
});

test.run();
