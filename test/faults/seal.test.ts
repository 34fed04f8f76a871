import { basename } from 'node:path';
import { suite } from 'uvu';
import { tryEveryFault } from './campaign.js';
import { contentAt } from './files-of.js';
import { brokenNext } from './invariants.js';
import { sealsOf } from './remembered.js';
import { type TroubledNode, troubledNode } from './troubled-node.js';

const test = suite('seal under faults');

/** The seal of a snapshot's base, where it is a new one, speaks of what stands there; all else is as it was. */
async function brokenSeal(node: TroubledNode, ref: string): Promise<readonly string[]> {
  const path = node.blobOf(ref);
  const [blob = ''] = basename(path).split('.');
  const seal = (await sealsOf(node)).get(blob);
  const isNew = seal !== undefined && seal.digest !== node.sealedAs.get(blob);
  const wrong = isNew && seal.digest !== `sha256:${contentAt(path)}` ? [`${ref} is sealed as ${seal.digest}`] : [];
  const verdicts = new Map(node.verdicts).set(ref, isNew ? 'allow' : 'deny');
  return [...wrong, ...(await brokenNext({ ...node, verdicts }))];
}

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
