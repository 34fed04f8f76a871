import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StatusReport } from '../../lib/report/documents.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { traced } from '../support/traced.js';
import { tryEveryFault } from './campaign.js';
import { type TroubledNode, troubledNode } from './troubled-node.js';

const test = suite('what judges nothing, under faults');

for (const [command, wordsFor] of [
  ['status', () => []],
  ['hash', (node: TroubledNode) => [node.blobOf('sound:v1'), node.blobOf('flipped:v1')]],
  ['hash --direct', (node: TroubledNode) => [node.blobOf('sound:v1')]],
  ['inspect', (node: TroubledNode) => [join(node.root.files('sound:v1'), 'overlay.qcow2')]],
] as const) {
  tryEveryFault(test, command, 2, async () => {
    const node = await troubledNode();
    const words = [...command.split(' '), '--json', ...node.options, ...wordsFor(node)];
    return { node, words, reset: () => node.reset() };
  });
}

needs(['strace'], test, 'status: a blob that cannot be looked at is not called missing', async () => {
  const node = await troubledNode();
  const blob = node.blobOf('sound:v1');
  const status = (...words: string[]) => {
    const argv = [process.execPath, program, 'status', ...words, ...node.options];
    return traced(argv, 'statx', ['-P', blob, '-e', 'inject=statx:error=EIO']);
  };
  const { blobs }: StatusReport = JSON.parse(status('--json').stdout);
  const told = blobs.find(({ path }) => path === blob);
  assert.equal(
    [told?.present, told?.findings.map(({ code, message }) => `${code}: ${message}`)],
    [false, ['blob-unreadable: it cannot be looked at: EIO: i/o error']],
  );
  const text = status();
  assert.is(text.status, 3);
  assert.match(text.stdout, new RegExp(`^${basename(blob, '.qcow2')}  unreadable, basis name$`, 'm'));
  assert.match(text.stdout, new RegExp(`^${basename(node.blobOf('lost:v1'), '.qcow2')}  missing, basis name$`, 'm'));
});

test.run();
