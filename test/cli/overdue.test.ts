import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exitCodes } from '../../lib/cli/exit.js';
import { openState } from '../../lib/trust/state-directory.js';
import { type SmallNode, smallNode } from '../builders/small-node.js';
import { blobcheck } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { hold } from '../trust/held.js';
import { forge } from '../verify/blobs.js';
import { hook } from './hooked.js';

const test = suite('a base whose last full read is too long ago');

const DAY = 24 * 60 * 60 * 1000;

function receiptOf({ state, base }: SmallNode): string {
  const folder = join(state, 'receipts');
  return join(folder, readdirSync(folder).find((name) => !name.startsWith('.')) ?? '', `${base}.json`);
}

/** A node whose base was read `days` ago. */
function nodeReadBefore(days: number): SmallNode {
  const node = smallNode();
  assert.is(hook(node, ['app:v1']).status, 0);
  forge(receiptOf(node), { at: new Date(Date.now() - days * DAY).toISOString() });
  return node;
}

/** When the receipt of the base was written anew; a test that waits for ever has failed. */
async function untilReadAgain(node: SmallNode): Promise<void> {
  while (Date.now() - Date.parse(JSON.parse(readFileSync(receiptOf(node), 'utf8')).at) > DAY) await setImmediate();
}

for (const [what, ask] of [
  ['the hook', (node: SmallNode) => hook(node, ['app:v1'])],
  ['verify', (node: SmallNode) => blobcheck(['verify', ...node.options, 'app:v1'])],
  ['ensure', (node: SmallNode) => blobcheck(['ensure', ...node.options, 'app:v1'])],
] as const) {
  needs(['receipts'], test, `${what} allows with a warning, and has it read again in the background`, async () => {
    const node = nodeReadBefore(31);
    const asked = ask(node);
    assert.is(asked.status, 0);
    assert.match(asked.stdout + asked.stderr, 'verification-overdue');
    await untilReadAgain(node);
    const again = ask(node);
    assert.is(again.status, 0);
    assert.not.match(again.stdout + again.stderr, 'verification-overdue');
  });
}

needs(['receipts'], test, 'nothing is told or read on the last day before', () => {
  const node = nodeReadBefore(29);
  const before = readFileSync(receiptOf(node), 'utf8');
  const asked = hook(node, ['app:v1']);
  assert.is(asked.status, 0);
  assert.is(asked.stderr, '');
  assert.is(readFileSync(receiptOf(node), 'utf8'), before);
});

needs(['receipts'], test, '--max-age 0 reads at once', () => {
  const node = nodeReadBefore(31);
  const asked = blobcheck(['verify', '--max-age', '0', ...node.options, 'app:v1']);
  assert.is(asked.status, 0);
  assert.not.match(asked.stdout, 'verification-overdue');
});

test('only digests of blobs are read again', () => {
  const { root } = smallNode();
  const asked = blobcheck(['reread', '--root-dir', root.location.root, '../x']);
  assert.is(asked.status, 2);
});

needs(
  ['receipts', 'flock'],
  test,
  'one process a store reads again what is overdue, and who comes second ends at once',
  async () => {
    const node = nodeReadBefore(31);
    const state = await openState(node.state, node.root.directory);
    const held = await hold(state, 'reread');
    const before = readFileSync(receiptOf(node), 'utf8');
    const second = blobcheck(['reread', ...node.options, '--', node.base]);
    assert.equal([second.status, second.stdout], [exitCodes.busy, '']);
    assert.is(readFileSync(receiptOf(node), 'utf8'), before);
    await held.release();
    assert.is(blobcheck(['reread', ...node.options, '--', node.base]).status, 0);
    assert.is.not(readFileSync(receiptOf(node), 'utf8'), before);
  },
);

test.run();
