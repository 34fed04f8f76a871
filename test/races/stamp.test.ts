import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hookCommand } from '../../lib/cli/hook.js';
import type { SmallNode } from '../builders/small-node.js';
import { ask, rootOf, stampOf } from '../cli/warm.js';
import { amount, tally } from '../long/amount.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { terminalFor } from '../support/terminal.js';
import type { Act } from './acts.js';
import { performLater } from './judged.js';
import { stepwise } from './stepwise.js';
import { bad, directorySwap, fileSwap, linkSwap, type Swap, swappedNode } from './swaps.js';

const test = suite('a stamp that is left while its files are swapped');

/** Moments of a hook at which things are swapped, evenly spread. */
const MOMENTS = amount(3, 20);

const below = (directory: string, path: string): string => path.slice(directory.length + 1);

function swapAbove(node: SmallNode, make: typeof directorySwap, name: string): Swap {
  const directory = join(rootOf(node), name);
  const overlay = join(node.root.files('app:v1'), 'overlay.qcow2');
  return name === 'snapshot'
    ? make(directory, below(directory, overlay), bad.overlay)
    : make(directory, below(directory, node.blob), bad.base);
}

const swaps: readonly ((node: SmallNode) => Swap)[] = [
  (node) => swapAbove(node, directorySwap, 'cloudimg'),
  (node) => swapAbove(node, linkSwap, 'cloudimg'),
  (node) => swapAbove(node, directorySwap, 'snapshot'),
  (node) => fileSwap(node, join(node.root.files('app:v1'), 'overlay.qcow2'), bad.overlay, 'by linking'),
];

const all = { swaps: 0, hooks: 0, stamps: 0, 'false stamps': 0 };
test.after(() => tally('hooks that leave stamps while files are swapped to and fro', all));

for (const make of swaps) {
  const node = swappedNode();
  const swap = make(node);
  needs(['receipts'], test, `${swap.what}: a stamp is only ever of what was judged`, async () => {
    await settled(node.blob);
    assert.is(ask(node).status, 0);
    const [question = ''] = stampText(node).split('\n');
    // A link is made anew each time.
    const files = (text: string) => inodesOf(text).filter(([path]) => !swap.shownBy.includes(path));
    const inodes = new Map(files(stampText(node)));
    const calls = await judge(node, question, new Map());
    const counts = { hooks: 0, stamps: 0, 'false stamps': 0 };
    // The bad one stands there before and after, and the good one in between; and the other way round.
    for (const [outside, inside] of [
      [swap.toBad, swap.toGood],
      [swap.toGood, swap.toBad],
    ] as const) {
      if (outside === swap.toBad) performLater(swap.toBad);
      for (const [from, to] of moments(calls)) {
        await judge(
          node,
          question,
          new Map<number, readonly Act[]>([
            [from, inside],
            [to, outside],
          ]),
        );
        const text = stampText(node);
        counts.hooks += 1;
        if (text === '') continue;
        counts.stamps += 1;
        if (files(text).some(([path, inode]) => inodes.get(path) !== inode)) counts['false stamps'] += 1;
      }
      if (outside === swap.toBad) performLater(swap.toGood);
    }
    all.swaps += 1;
    for (const name of ['hooks', 'stamps', 'false stamps'] as const) all[name] += counts[name];
    assert.is(counts['false stamps'], 0);
  });
}

function* moments(calls: number): Generator<readonly [number, number]> {
  const at = (moment: number) => Math.floor((moment * calls) / MOMENTS);
  for (let from = 0; from < MOMENTS; from++) {
    for (let to = from + 1; to <= MOMENTS; to++) yield [at(from), at(to)];
  }
}

/** Asks as bin/stamp.sh does; the number of calls of the file system. */
async function judge(node: SmallNode, question: string, acts: ReadonlyMap<number, readonly Act[]>): Promise<number> {
  rmSync(stampOf(node), { force: true });
  const terminal = terminalFor({ self: { node: process.execPath, program: '/bin/false' } });
  let calls = 0;
  await stepwise(
    () => hookCommand(['app:v1'], { rootDir: rootOf(node), stateDir: node.state, question }, terminal),
    (step) => {
      performLater(acts.get(step) ?? []);
      calls += 1;
    },
  );
  for (const [step, left] of acts) if (step >= calls) performLater(left);
  return calls;
}

function stampText(node: SmallNode): string {
  try {
    return readFileSync(stampOf(node), 'utf8');
  } catch {
    return '';
  }
}

/** The paths and inodes of a stamp's files. */
function inodesOf(text: string): (readonly [path: string, inode: string])[] {
  const lines = text.split('\n').map((line) => /^([dfm]) (\d+) \d+ \S+ (.*)$/.exec(line) ?? []);
  const directory = lines.find(([, kind]) => kind === 'd')?.[3] ?? '';
  return lines.flatMap(([, , inode, path]) => {
    return inode === undefined || path === undefined
      ? []
      : [[path.startsWith('/') ? path : join(directory, path), inode]];
  });
}

test.run();
