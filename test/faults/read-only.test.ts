import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needs } from '../support/requires.js';

const test = suite('a read-only disk');
const child = fileURLToPath(new URL('read-only-child.ts', import.meta.url));

needs(
  ['mount-namespace', 'flock', 'receipts'],
  test,
  'changes no verdict, and is told by what would have written',
  () => {
    const words = ['--map-root-user', '--mount', process.execPath, '--import', 'tsx', child];
    const run = spawnSync('unshare', words, { encoding: 'utf8' });
    assert.is(run.status, 0, run.stderr);
    const { answers, broken } = JSON.parse(run.stdout);
    assert.equal(broken, []);
    assert.equal(answers, [
      ['verify', 'state', 1, ['state-unusable']],
      ['verify', 'state', 1, ['state-unusable']],
      ['seal', 'state', 3, ['state-unusable', 'state-unusable']],
      // What hashes to its name needs no seal.
      ['ensure', 'state', 0, ['state-unusable']],
      ['verify', 'root', 1, []],
      ['verify', 'root', 1, []],
      ['ensure', 'root', 1, ['pull-failed']],
    ]);
  },
);

test.run();
