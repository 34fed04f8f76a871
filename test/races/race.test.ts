import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { snapshotParent } from '../../lib/store/layout.js';
import type { SmallNode } from '../builders/small-node.js';
import { ask } from '../cli/warm.js';
import { amount, tally } from '../long/amount.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { verifyNode } from '../support/verify-node.js';
import { type Act, perform } from './acts.js';
import { bad, directorySwap, fileSwap, nameSwap, removal, resized, type Swap, swappedNode } from './swaps.js';
import { type By, type Verified, verifyInLoops } from './verifications.js';
import type { GoodTimes, Writing } from './writer-child.js';

const test = suite('a writer and eight verifications at once');

/** Verifications in each race by the library, and by each program at least. */
const BY_LIBRARY = amount(16, 3000);
const BY_EACH_PROGRAM = amount(1, 100);
const SEED = 20261127;
const writerChild = fileURLToPath(new URL('./writer-child.ts', import.meta.url));

const inSnapshot = (node: SmallNode, name: string): string => join(node.root.files('app:v1'), name);
const below = (directory: string, path: string): string => path.slice(directory.length + 1);

/** Lets eight loops verify while a process writes. */
async function race(
  node: SmallNode,
  turns: Writing['turns'],
  longestMs: number,
): Promise<{ verified: readonly Verified[]; good: GoodTimes }> {
  const writer = fork(writerChild, { execArgv: ['--import', 'tsx'] });
  writer.send({ turns, seed: SEED, longestMs } satisfies Writing);
  await once(writer, 'message');
  const verified = await verifyInLoops(node, { library: BY_LIBRARY, each: BY_EACH_PROGRAM });
  const told = once(writer, 'message');
  writer.send('stop');
  const [good] = (await told) as [GoodTimes];
  return { verified, good };
}

function count(
  what: string,
  verified: readonly Verified[],
  changes: number,
  isFalse: (one: Verified) => boolean,
): void {
  const by = (name: By) => verified.filter((one) => one.by === name).length;
  const falseAllows = verified.filter(isFalse);
  tally(`a writer and eight verifications at once: ${what}`, {
    changes,
    'by the library': by('library'),
    'by verify': by('program'),
    'by the hook': by('hook'),
    'by the script': by('script'),
    allowed: verified.filter(({ isAllowed }) => isAllowed).length,
    'false allows': falseAllows.length,
  });
  assert.equal(
    falseAllows.map(({ by }) => by),
    [],
  );
  assert.ok(changes > 1, 'nothing was changed');
}

/** Swaps of which each makes a healthy node a bad one, and the other way round. */
const mixed: readonly (readonly [string, (node: SmallNode) => readonly Swap[]])[] = [
  [
    'the base is replaced, cut short, appended to, removed',
    (node) => [
      fileSwap(node, node.blob, bad.base, 'by linking'),
      resized(node.blob, 'cut short'),
      resized(node.blob, 'appended to'),
      removal(node, node.blob),
    ],
  ],
  [
    'the files of the snapshot are replaced, written to, removed',
    (node) => [
      fileSwap(node, inSnapshot(node, 'overlay.qcow2'), bad.overlay, 'by linking'),
      fileSwap(node, inSnapshot(node, 'config.json'), bad.config, 'in place'),
      removal(node, inSnapshot(node, 'cocoon.json')),
      resized(inSnapshot(node, 'memory-ranges'), 'cut short'),
    ],
  ],
  ['the name leads to another snapshot, and directories are moved', (node) => [nameSwap(node, 'json'), blobs(node)]],
];

const blobs = (node: SmallNode): Swap =>
  directorySwap(dirname(node.blob), below(dirname(node.blob), node.blob), bad.base);

for (const [what, make] of mixed) {
  test(`${what}: nothing is allowed that was bad all the time`, async () => {
    const node = swappedNode();
    const swaps = make(node);
    await settled(node.blob);
    assert.is((await verifyNode(node)).verdict, 'allow');
    const turns = swaps.map(({ toBad, toGood }) => ({ bad: toBad, good: toGood }));
    const { verified, good } = await race(node, turns, amount(15, 40));
    count(what, verified, 2 * good.length, ({ isAllowed, from, to }) => {
      return isAllowed && !good.some(([begin, end]) => BigInt(begin) <= to && from <= BigInt(end));
    });
    // All is good again: none of what was found meanwhile is remembered of it.
    await settled(node.blob);
    assert.is((await verifyNode(node)).verdict, 'allow');
  });
}

/** Two things of which one is always bad. */
const never: readonly (readonly [string, 'json' | 'sqlite', (node: SmallNode) => readonly [Swap, Swap]])[] = [
  ['base and overlay, by renaming', 'json', (node) => [base(node), overlay(node)]],
  ['base and overlay, with the directories above them', 'json', directories],
  ['base and index', 'json', (node) => [base(node), nameSwap(node, 'json')]],
  ['base and database', 'sqlite', (node) => [base(node), nameSwap(node, 'sqlite', 'name by one that stays')]],
];

const base = (node: SmallNode): Swap => fileSwap(node, node.blob, bad.base, 'by renaming');
const overlay = (node: SmallNode): Swap =>
  fileSwap(node, inSnapshot(node, 'overlay.qcow2'), bad.overlay, 'by renaming');

function directories(node: SmallNode): readonly [Swap, Swap] {
  const [cloudimg, snapshot] = ['cloudimg', 'snapshot'].map((name) => join(node.root.directory, name)) as [
    string,
    string,
  ];
  return [
    directorySwap(cloudimg, below(cloudimg, node.blob), bad.base),
    directorySwap(snapshot, below(snapshot, inSnapshot(node, 'overlay.qcow2')), bad.overlay),
  ];
}

for (const [what, engine, make] of never) {
  needs(['receipts'], test, `${what}: one of them is always bad, and nothing is allowed`, async () => {
    const node = swappedNode(engine);
    const [first, second] = make(node);
    await settled(node.blob);
    // Whatever is remembered of better times, a stamp too, speaks for nothing now.
    assert.is(ask(node).status, 0);
    perform(second.toBad);
    // A name that leads to another snapshot does so since one was saved, which a stamp shows by this directory.
    mkdirSync(join(snapshotParent(node.root.directory), 'SAVED'));
    const turn: Writing['turns'][number] = {
      bad: [...first.toBad, ...second.toGood] satisfies Act[],
      good: [...second.toBad, ...first.toGood] satisfies Act[],
    };
    const { verified, good } = await race(node, [turn], 1);
    count(`${what}, one of them always bad`, verified, 2 * good.length, ({ isAllowed }) => isAllowed);
  });
}

test('bad bases follow each other, and the good one stands beside them: nothing is allowed', async () => {
  const node = swappedNode();
  const good = readFileSync(node.blob);
  const bases = [bad.base(good), good.subarray(0, -1), Buffer.from('no image'), Buffer.alloc(0)].map((bytes, at) => {
    const path = join(node.root.directory, 'spare', `base ${at}`);
    writeFileSync(path, bytes);
    return path;
  });
  const put = (path: string): Act[] => [
    ['copy', path, `${path}.new`],
    ['rename', `${path}.new`, node.blob],
  ];
  perform([['link', node.blob, `${node.blob.replace('.qcow2', '')}.good.qcow2`], ...put(bases[0] ?? '')]);
  const turns = bases.map((path, at) => ({ bad: put(path), good: put(bases[(at + 1) % bases.length] ?? '') }));
  const { verified, good: times } = await race(node, turns, 1);
  count('bad bases follow each other', verified, 2 * times.length, ({ isAllowed }) => isAllowed);
});

test.run();
