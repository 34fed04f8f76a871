import { suite } from 'uvu';
import { tryEveryFault } from './campaign.js';
import { troubledNode } from './troubled-node.js';

const test = suite('verify under faults');

for (const [what, engine, remembers] of [
  ['what is remembered answers', 'json', true],
  ['every base is read', 'json', false],
  ['out of a database', 'sqlite', false],
] as const) {
  tryEveryFault(test, `verify --all, ${what}`, 5, async () => {
    const node = await troubledNode(engine);
    const words = ['verify', '--all', '--json', ...node.options];
    return { node, words, reset: () => node.reset(remembers) };
  });
}

tryEveryFault(test, 'verify --all, without memory for a process', 2, async () => {
  const node = await troubledNode();
  const words = ['verify', '--all', '--json', ...node.options];
  return {
    node,
    words,
    reset: () => node.reset(false),
    pick: ({ call, what }) => call === 'clone' && what.endsWith('ENOMEM'),
  };
});

test.run();
