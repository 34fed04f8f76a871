import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspectHeader } from '../../lib/qcow2/inspect-header.js';
import { readBuffer } from '../qcow2/in-memory.js';
import { assertSameFields } from '../qcow2/same-fields.js';
import { createRandom } from '../support/random.js';
import { anatomyOf } from './anatomy.js';
import { checkOf, infoOf, resize } from './ask-qemu.js';
import { explain } from './explain.js';
import { type Judged, judge, judgeFile } from './judge.js';
import { type Mutant, mutate } from './mutate.js';
import type { Seed } from './seeds.js';

export interface Tried {
  mutants: number;
  allowed: number;
  denied: number;
  /** Denied ones that QEMU was asked about too. */
  compared: number;
  /** Allowed overlays that `qemu-img resize` was given. */
  resized: number;
  /** How often each deliberate difference was what explained an answer. */
  readonly differences: Map<string, number>;
  readonly wrongAllows: string[];
  readonly wrongDenies: string[];
}

export interface Plan {
  /** A seed; of one that is denied as it is, a fifth. */
  readonly mutants: number;
  /** One in so many of the denied mutants is shown to QEMU; all allowed ones are. */
  readonly denied: number;
  /** One in so many of the allowed overlays is grown by QEMU and judged again. */
  readonly resized: number;
}

/** Entries of an L1 table: QEMU repairs a dirty image first, and takes seconds for one of 512-byte clusters and 10 GiB. */
const LARGEST_GROWN = 65_536;

export const nothingTried = (): Tried => {
  const lists = { differences: new Map(), wrongAllows: [], wrongDenies: [] };
  return { mutants: 0, allowed: 0, denied: 0, compared: 0, resized: 0, ...lists };
};

/** Changes a seed at random, always alike, and holds our verdict on each mutant against QEMU's. */
export async function tryMutated(
  seed: Seed,
  seedNumber: number,
  plan: Plan,
  directory: string,
  tried: Tried,
): Promise<void> {
  const random = createRandom(seedNumber);
  const path = join(directory, 'mutant.qcow2');
  for (let left = seed.isSound ? plan.mutants : plan.mutants / 5; left > 0; left--) {
    const mutant = mutate(seed.file, seed.anatomy, random);
    const judged = await judge(mutant.file, seed.role, seed.blobs);
    tried.mutants += 1;
    tried[judged.isAllowed ? 'allowed' : 'denied'] += 1;
    if (!judged.isAllowed && tried.denied % plan.denied !== 0) continue;
    if (!judged.isAllowed) tried.compared += 1;
    writeFileSync(path, mutant.file);
    await compareMutant(seed, mutant, judged, path, tried);
    const isGrown = seed.role === 'overlay' && seed.anatomy.l1Entries.length <= LARGEST_GROWN;
    if (judged.isAllowed && isGrown && tried.allowed % plan.resized === 0) {
      await growMutant(seed, mutant, judged, path, tried);
    }
  }
}

async function compareMutant(seed: Seed, mutant: Mutant, judged: Judged, path: string, tried: Tried): Promise<void> {
  const [info, check] = await Promise.all([infoOf(path), checkOf(path)]);
  const { differences, unexplained } = explain(judged, { info, check }, () => anatomyOf(mutant.file));
  for (const id of differences) tried.differences.set(id, (tried.differences.get(id) ?? 0) + 1);
  const wrong = unexplained.map((why) => `${seed.name}: ${mutant.what}: ${why}`);
  (judged.isAllowed ? tried.wrongAllows : tried.wrongDenies).push(...wrong);
  if (!judged.isAllowed || info.kind === 'refused' || judged.header === null) return;
  try {
    assertSameFields(await inspectHeader(readBuffer(mutant.file), judged.header), info.info);
  } catch (error) {
    tried.wrongAllows.push(`${seed.name}: ${mutant.what}: allowed, and QEMU reads other fields: ${String(error)}`);
  }
}

/** What cocoon does next: QEMU rewrites the header, and Cloud Hypervisor reads that one. */
async function growMutant(seed: Seed, mutant: Mutant, judged: Judged, path: string, tried: Tried): Promise<void> {
  const copy = `${path}.copy`;
  copyFileSync(path, copy);
  tried.resized += 1;
  const refused = await resize(copy, '+64K');
  const name = (of: Judged) => of.header?.backing?.name?.toString('hex');
  const said = (why: string) => tried.wrongAllows.push(`${seed.name}: ${mutant.what}: allowed, and ${why}`);
  if (refused !== null) {
    said(`qemu-img resize refuses it: ${refused.why}`);
    return;
  }
  const again = await judgeFile(copy, seed.role, seed.blobs);
  if (name(again) !== name(judged)) said('after qemu-img resize it names another base');
  else if (!again.isAllowed) said(`denied after qemu-img resize: ${again.errors[0]?.message}`);
}
