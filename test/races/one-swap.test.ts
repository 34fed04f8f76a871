import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SmallNode } from '../builders/small-node.js';
import { amount, tally } from '../long/amount.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { verifyNode } from '../support/verify-node.js';
import { judgedWith, type Mode, performLater } from './judged.js';
import {
  bad,
  directorySwap,
  fileSwap,
  linkSwap,
  type Manner,
  nameSwap,
  removal,
  resized,
  type Swap,
  swappedNode,
} from './swaps.js';

const test = suite('what is swapped while a snapshot is judged');

/** Every so many of the calls of the file system that a check makes is one before which the swap is made. */
const STRIDE = amount(11, 1);

const rootOf = ({ root }: SmallNode): string => root.directory;
const inSnapshot = (node: SmallNode, name: string): string => join(node.root.files('app:v1'), name);
const baseFile = (node: SmallNode): string => node.blob.slice(node.blob.indexOf('cloudimg/') + 'cloudimg/'.length);
const overlayBelow = (node: SmallNode, directory: string): string =>
  inSnapshot(node, 'overlay.qcow2').slice(directory.length + 1);

const manners: readonly Manner[] = ['by renaming', 'by linking', 'in place'];

/** Of a base whose times change with the swap nothing is remembered. */
const swaps: readonly (readonly [modes: readonly Mode[], make: (node: SmallNode) => Swap])[] = [
  ...manners.flatMap((manner): (readonly [readonly Mode[], (node: SmallNode) => Swap])[] => [
    [['read'], (node) => fileSwap(node, node.blob, bad.base, manner)],
    [['remembered'], (node) => fileSwap(node, inSnapshot(node, 'overlay.qcow2'), bad.overlay, manner)],
    [['remembered'], (node) => fileSwap(node, inSnapshot(node, 'config.json'), bad.config, manner)],
  ]),
  [['read'], (node) => removal(node, node.blob)],
  [['read'], (node) => resized(node.blob, 'cut short')],
  [['read'], (node) => resized(node.blob, 'appended to')],
  [['remembered'], (node) => removal(node, inSnapshot(node, 'overlay.qcow2'))],
  [['read', 'remembered'], (node) => directorySwap(join(rootOf(node), 'cloudimg'), baseFile(node), bad.base)],
  [['read', 'remembered'], (node) => directorySwap(dirname(node.blob), baseFile(node).replace('blobs/', ''), bad.base)],
  [['read', 'remembered'], (node) => linkSwap(join(rootOf(node), 'cloudimg'), baseFile(node), bad.base)],
  [['read', 'remembered'], (node) => linkSwap(dirname(node.blob), baseFile(node).replace('blobs/', ''), bad.base)],
  ...[directorySwap, linkSwap].flatMap((make): (readonly [readonly Mode[], (node: SmallNode) => Swap])[] => [
    [
      ['remembered'],
      (node) => make(join(rootOf(node), 'snapshot'), overlayBelow(node, join(rootOf(node), 'snapshot')), bad.overlay),
    ],
    [['remembered'], (node) => make(node.root.files('app:v1'), 'overlay.qcow2', bad.overlay)],
  ]),
  [['remembered'], (node) => nameSwap(node, 'json')],
];

for (const [modes, make] of swaps) {
  for (const mode of modes) {
    const node = swappedNode();
    const swap = make(node);
    needs(
      mode === 'read' ? [] : ['receipts'],
      test,
      `${swap.what}: before the last look at it that is noticed (${mode})`,
      () => noticed(node, mode, swap),
    );
  }
}

needs(['receipts'], test, 'the name in the sqlite metadata: before the last look at it that is noticed', async () => {
  const node = swappedNode('sqlite');
  await noticed(node, 'remembered', nameSwap(node, 'sqlite'));
});

const all = { swaps: 0, runs: 0, allowed: 0, 'false allows': 0 };
test.after(() => tally('one swap before each call of the file system that a check makes', all));

async function noticed(node: SmallNode, mode: Mode, { shownBy, toBad, toGood }: Swap): Promise<void> {
  await settled(node.blob);
  // What is remembered, and all modules.
  await verifyNode(node);
  const { report, paths } = await judgedWith(node, mode);
  assert.is(report.verdict, 'allow');
  const isShown = (path: string) => shownBy.some((shown) => path === shown || path.startsWith(`${shown}/`));
  const counts = { runs: 0, allowed: 0, 'false allows': 0 };
  all.swaps += 1;
  for (let step = 0; step < paths.length; step += STRIDE) {
    const run = await judgedWith(node, mode, new Map([[step, toBad]]));
    counts.runs += 1;
    if (run.report.verdict === 'allow') {
      counts.allowed += 1;
      if (run.paths.slice(step).some(isShown)) counts['false allows'] += 1;
    }
    performLater(toGood);
  }
  for (const name of ['runs', 'allowed', 'false allows'] as const) all[name] += counts[name];
  assert.is(counts['false allows'], 0);
  assert.ok(counts.allowed < counts.runs, 'what was judged was never swapped');
}

test.run();
