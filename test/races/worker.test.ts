import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hookCommand } from '../../lib/cli/hook.js';
import type { SmallNode } from '../builders/small-node.js';
import { rootOf } from '../cli/warm.js';
import { program } from '../support/blobcheck.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';
import { terminalFor } from '../support/terminal.js';
import { bad, fileSwap, swappedNode } from './swaps.js';

const test = suite('what happens between the read of a base and the answer of the hook');

/** Asks about a base that is read by a worker; the words are run when the worker has read it and has not ended yet. */
async function askWhile(node: SmallNode, words: string): Promise<{ status: number; stderr: string }> {
  await settled(node.blob);
  const worker = join(temporaryDirectory(), 'node');
  const text = `#!/bin/sh\n"${process.execPath}" "$@"\nstatus=$?\n${words}\nexit "$status"\n`;
  writeFileSync(`${worker}.new`, text, { mode: 0o755 });
  renameSync(`${worker}.new`, worker);
  let stderr = '';
  const terminal = terminalFor({
    self: { node: worker, program },
    ownEnv: { PATH: '/usr/bin:/bin' },
    err: (words: string) => {
      stderr += words;
    },
  });
  const status = await hookCommand(['app:v1'], { rootDir: rootOf(node), stateDir: node.state }, terminal);
  return { status, stderr };
}

test('a base that is replaced after it was read is not allowed', async () => {
  const node = swappedNode();
  const { toBad } = fileSwap(node, node.blob, bad.base, 'by renaming');
  const { status, stderr } = await askWhile(node, toBad.map(([, from, to]) => `mv "${from}" "${to}"`).join('\n'));
  assert.is(status, 3, stderr);
  assert.match(stderr, 'check-timeout');
});

test('one that is replaced and put back since it was read is not allowed either', async () => {
  const node = swappedNode();
  const { toBad, toGood } = fileSwap(node, node.blob, bad.base, 'by renaming');
  const moves = [...toBad, ...toGood].map(([, from, to]) => `mv "${from}" "${to}"`);
  const { status, stderr } = await askWhile(node, moves.join('\n'));
  assert.is(status, 3, stderr);
});

test('one that stands as it was read is allowed, be it that nothing is remembered of the read', async () => {
  const node = swappedNode();
  const { status, stderr } = await askWhile(node, `rm -r "${node.state}/receipts"`);
  assert.is(status, 0, stderr);
});

test.run();
