import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hookEnvironment, hookScript, preClone } from '../cli/hooked.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { beforeFault, brokenInvariants } from './invariants.js';
import { type TroubledNode, troubledNode } from './troubled-node.js';

const test = suite('a clock that is set back');

/** Runs a command while every clock but that of the files is off by so much. */
function runAt(offset: string, words: readonly string[], env: NodeJS.ProcessEnv) {
  const settings = { ...env, NO_FAKE_STAT: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  return spawnSync('faketime', ['-f', offset, ...words], { encoding: 'utf8', env: settings });
}

/** When each base was last read, by what is remembered. */
function readTimes({ state }: TroubledNode): number[] {
  const folder = join(state, 'receipts');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\/[0-9a-f]{64}\.json$/.test(name),
  );
  return files.map((name) => Date.parse(JSON.parse(readFileSync(join(folder, name), 'utf8')).at));
}

needs(
  ['faketime', 'receipts', 'flock'],
  test,
  'a stamp from the future does not answer, and the read is done again',
  async () => {
    const node = await troubledNode();
    node.reset(false);
    const words = ['--root-dir', node.root.directory, 'sound:v1'];
    const before = await beforeFault(node);
    const ahead = runAt('+2d', ['sh', preClone, ...words], hookEnvironment({ BLOBCHECK_STATE_DIR: node.state }));
    assert.is(ahead.status, 0, ahead.stderr);
    assert.ok(existsSync(join(node.state, 'stamps', 'sound:v1')), 'there is no stamp');
    const back = hookScript(node, words);
    assert.is(back.status, 0, back.stderr);
    assert.match(back.stderr, 'it is from the future');
    assert.match(back.stderr, 'verification-overdue');
    assert.is(hookScript(node, ['--root-dir', node.root.directory, 'flipped:v1']).status, 1);
    while (readTimes(node).some((time) => time > Date.now())) await after(5);
    const ended = spawnSync(process.execPath, [program, 'verify', '--all', '--json', ...node.options], {
      encoding: 'utf8',
    });
    const asked = { verdicts: node.verdicts, printed: '' };
    assert.equal(await brokenInvariants(before, { ended, asked }), []);
  },
);

needs(
  ['faketime', 'receipts', 'flock'],
  test,
  'a receipt from the future is overdue, and changes no verdict',
  async () => {
    const node = await troubledNode();
    const before = await beforeFault(node);
    const words = [process.execPath, program, 'verify', '--all', '--json', ...node.options];
    const ended = runAt('-2d', words, { PATH: process.env.PATH });
    assert.match(ended.stdout, 'verification-overdue');
    // Those of the two sound ones are read again, by the clock of that run.
    const aDayAgo = Date.now() - 24 * 60 * 60 * 1000;
    while (readTimes(node).filter((time) => time < aDayAgo).length < 2) await after(5);
    const asked = { verdicts: node.verdicts, printed: '' };
    assert.equal(await brokenInvariants(before, { ended, asked }), []);
  },
);

test.run();
