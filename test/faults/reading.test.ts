import { join } from 'node:path';
import { suite } from 'uvu';
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

test.run();
