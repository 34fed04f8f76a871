import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { amount, tally } from '../long/amount.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { makeBlobs } from './images.js';
import { type Seed, seedsOfFixtures, seedsOfQemu } from './seeds.js';
import { nothingTried, type Tried, tryMutated } from './try-mutated.js';

const test = suite('mutated images, judged by us and by QEMU');
const directory = temporaryDirectory();

const plan = amount(
  { ofQemu: { mutants: 8, denied: 8, resized: 4 }, ofFixtures: { mutants: 1, denied: 8, resized: 4 } },
  { ofQemu: { mutants: 300, denied: 4, resized: 2 }, ofFixtures: { mutants: 60, denied: 8, resized: 2 } },
);

function tell(what: string, { wrongAllows, wrongDenies, differences, ...counts }: Tried): void {
  const deliberate = Object.fromEntries([...differences].sort().map(([id, count]) => [`difference ${id}`, count]));
  tally(what, { ...counts, 'wrong allows': wrongAllows.length, 'wrong denies': wrongDenies.length, ...deliberate });
}

async function tryAll(seeds: readonly Seed[], how: typeof plan.ofQemu): Promise<Tried> {
  const tried = nothingTried();
  for (const [index, seed] of seeds.entries()) await tryMutated(seed, index + 1, how, directory, tried);
  return tried;
}

needs(
  ['qemu-img', 'qemu-io', 'sha256sum'],
  test,
  'of images that QEMU made, what we allow QEMU finds sound',
  async () => {
    const tried = await tryAll(seedsOfQemu(directory, makeBlobs(directory)), plan.ofQemu);
    tell('qcow2: mutants of images that QEMU made', tried);
    assert.equal(tried.wrongAllows, []);
    assert.equal(tried.wrongDenies, []);
    assert.ok(tried.allowed > tried.mutants / 10 && tried.denied > tried.mutants / 10, 'mutants of both kinds');
  },
);

needs(
  ['qemu-img', 'tar'],
  test,
  'of the 131 overlays that cocoon cloned from, what we allow QEMU finds sound',
  async () => {
    const seeds = seedsOfFixtures();
    assert.is(seeds.length, 131);
    const tried = await tryAll(seeds, plan.ofFixtures);
    tell('qcow2: mutants of the 131 overlays', tried);
    assert.equal(tried.wrongAllows, []);
    assert.equal(tried.wrongDenies, []);
  },
);

test.run();
