import { suite } from 'uvu';
import { type Asked, brokenConsent, type Ended } from './answers.js';
import { tryEveryFault } from './campaign.js';
import { troubledNode } from './troubled-node.js';

const test = suite('the hook under faults');

for (const [what, ref, remembers, quick] of [
  ['by what is remembered', 'sound:v1', true, 4],
  ['by a read that a process of its own does', 'sound:v1', false, 4],
  ['of a corrupt base, by such a read', 'flipped:v1', false, 4],
] as const) {
  tryEveryFault(test, `hook ${what}`, quick, async () => {
    const node = await troubledNode();
    const words = ['hook', ...node.options, ref];
    const brokenAnswer = (ended: Ended, asked: Asked) =>
      brokenConsent(ended, asked, ref, ended.status === 0 && ended.stdout === 'allow\n');
    return { node, words, reset: () => node.reset(remembers), differs: () => ({ brokenAnswer }) };
  });
}

test.run();
