import { suite } from 'uvu';
import { tryEveryFault } from './campaign.js';
import { brokenSeal } from './next-seal.js';
import { type TroubledNode, troubledNode } from './troubled-node.js';

const test = suite('seal under faults');

for (const [what, ref, wordsFor] of [
  ['a first seal', 'unsealed:v1', () => ['unsealed:v1', 'sound:v1', 'flipped:v1']],
  ['--replace', 'swapped:v1', (node: TroubledNode) => ['--replace', node.blobOf('swapped:v1')]],
] as const) {
  tryEveryFault(test, `seal, ${what}`, 5, async () => {
    const node = await troubledNode();
    const words = ['seal', '--json', ...node.options, ...wordsFor(node)];
    const next = () => brokenSeal(node, ref);
    return { node, words, reset: () => node.reset(), differs: () => ({ next }) };
  });
}

test.run();
