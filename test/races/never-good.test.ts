import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SmallNode } from '../builders/small-node.js';
import { amount, tally } from '../long/amount.js';
import { createRandom } from '../support/random.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { verifyNode } from '../support/verify-node.js';
import type { Act } from './acts.js';
import { judgedWith, type Mode, performLater } from './judged.js';
import { bad, directorySwap, fileSwap, linkSwap, nameSwap, type Swap, swappedNode } from './swaps.js';

const test = suite('two things of which one is always bad');

/** Every so many calls of a check, one exchange is tried before it. */
const STRIDE = amount(9, 1);
/** Schedules of several exchanges, drawn from a seed. */
const DRAWN = amount(20, 2000);
const SEED = 20261127;

type Pair = readonly [first: Swap, second: Swap];

const inSnapshot = (node: SmallNode, name: string): string => join(node.root.files('app:v1'), name);
const below = (directory: string, path: string): string => path.slice(directory.length + 1);

function directoryOf(node: SmallNode, name: string): string {
  return join(node.root.directory, name);
}

const base = (node: SmallNode) => fileSwap(node, node.blob, bad.base, 'by renaming');
const overlay = (node: SmallNode) => fileSwap(node, inSnapshot(node, 'overlay.qcow2'), bad.overlay, 'by renaming');
const config = (node: SmallNode) => fileSwap(node, inSnapshot(node, 'config.json'), bad.config, 'by renaming');

function above(node: SmallNode, make: typeof directorySwap, name: string): Swap {
  const directory = directoryOf(node, name);
  return name.startsWith('cloudimg')
    ? make(directory, below(directory, node.blob), bad.base)
    : make(directory, below(directory, inSnapshot(node, 'overlay.qcow2')), bad.overlay);
}

/** Of a base whose times change with the exchange nothing is remembered. */
const pairs: readonly (readonly [mode: Mode, engine: 'json' | 'sqlite', make: (node: SmallNode) => Pair])[] = [
  ['read', 'json', (node) => [base(node), overlay(node)]],
  ['read', 'json', (node) => [base(node), config(node)]],
  ['read', 'json', (node) => [base(node), nameSwap(node, 'json')]],
  ['read', 'sqlite', (node) => [base(node), nameSwap(node, 'sqlite')]],
  ['read', 'json', (node) => [fileSwap(node, node.blob, bad.base, 'in place'), overlay(node)]],
  ['read', 'json', (node) => [fileSwap(node, node.blob, bad.base, 'by linking'), config(node)]],
  ['remembered', 'json', (node) => [overlay(node), config(node)]],
  ['remembered', 'json', (node) => [overlay(node), nameSwap(node, 'json')]],
  ['remembered', 'sqlite', (node) => [overlay(node), nameSwap(node, 'sqlite')]],
  ['remembered', 'json', (node) => [above(node, directorySwap, 'cloudimg'), above(node, directorySwap, 'snapshot')]],
  [
    'remembered',
    'json',
    (node) => [above(node, directorySwap, 'cloudimg/blobs'), above(node, directorySwap, 'snapshot/localfile')],
  ],
  ['remembered', 'json', (node) => [above(node, linkSwap, 'cloudimg'), above(node, linkSwap, 'snapshot')]],
  ['remembered', 'json', (node) => [above(node, linkSwap, 'cloudimg/blobs'), overlay(node)]],
  [
    'read',
    'json',
    (node) => [
      above(node, linkSwap, 'cloudimg/blobs'),
      directorySwap(dirname(inSnapshot(node, 'x')), 'overlay.qcow2', bad.overlay),
    ],
  ],
];

for (const [mode, engine, make] of pairs) {
  const node = swappedNode(engine);
  const [first, second] = make(node);
  needs(mode === 'read' ? [] : ['receipts'], test, `${first.what}, ${second.what}: never allowed (${mode})`, () =>
    neverAllowed(node, mode, [first, second]),
  );
}

const all = { pairs: 0, runs: 0, exchanges: 0, 'false allows': 0 };
test.after(() => tally('two things of which one is always bad, exchanged before calls of a check', all));

async function neverAllowed(node: SmallNode, mode: Mode, [first, second]: Pair): Promise<void> {
  await settled(node.blob);
  await verifyNode(node);
  const { report, paths } = await judgedWith(node, mode);
  assert.is(report.verdict, 'allow', 'nothing is wrong but what is swapped');
  const exchanges = { first: [...second.toBad, ...first.toGood], second: [...first.toBad, ...second.toGood] } as const;
  // Which one is good.
  let good: keyof typeof exchanges = 'first';
  const exchange = (): readonly Act[] => {
    good = good === 'first' ? 'second' : 'first';
    return exchanges[good];
  };
  performLater(second.toBad);
  const counts = { runs: 0, exchanges: 0, 'false allows': 0 };
  for (const steps of schedules(paths.length)) {
    const run = await judgedWith(node, mode, new Map(steps.map((step) => [step, exchange()])));
    counts.runs += 1;
    counts.exchanges += steps.length;
    if (run.report.verdict === 'allow') counts['false allows'] += 1;
  }
  all.pairs += 1;
  for (const name of ['runs', 'exchanges', 'false allows'] as const) all[name] += counts[name];
  assert.is(counts['false allows'], 0);
}

/** Before which calls there is an exchange, a list for each run. */
function* schedules(calls: number): Generator<readonly number[]> {
  // Twice each, because after an odd number the other one is good.
  for (let step = 0; step < calls; step += STRIDE) yield* [[step], [step]];
  const random = createRandom(SEED);
  for (let drawn = 0; drawn < DRAWN; drawn++) {
    const many = 2 + random.below(4);
    yield [...new Set(Array.from({ length: many }, () => random.below(calls)))].sort((a, b) => a - b);
  }
}

test.run();
