import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readReceipt } from '../../lib/trust/receipts.js';
import type { Seal } from '../../lib/trust/seal-record.js';
import { listSeals } from '../../lib/trust/seals.js';
import { folderOf, openState } from '../../lib/trust/state-directory.js';
import type { SmallNode } from '../builders/small-node.js';

/** What a killed writer may leave: the next one to write there removes it when it is old (lib/trust/write-state-file.ts). */
const TEMPORARY = /^\.new-[0-9a-f]{16}$/;

/** What the seals of a node say, by their blobs. */
export async function sealsOf({ root, state }: Pick<SmallNode, 'root' | 'state'>): Promise<ReadonlyMap<string, Seal>> {
  const { seals } = await listSeals(await openState(state, root.directory));
  return new Map(seals.map((seal) => [seal.blob, seal]));
}

/**
 * Every seal that there was is there and says the same (or, replaced because somebody asked for it, remembers it); and
 * whatever lies in the state directory is whole.
 */
export async function brokenMemory(node: SmallNode, before: ReadonlyMap<string, Seal>): Promise<readonly string[]> {
  const state = await openState(node.state, node.root.directory);
  const broken: string[] = state.problems.map((problem) => `the state directory: ${problem}`);
  const { seals, unreadable, problems } = await listSeals(state);
  for (const { blob, reason } of unreadable) broken.push(`the seal of ${blob} is unreadable: ${reason}`);
  broken.push(...problems);
  const now = new Map(seals.map((seal) => [seal.blob, seal]));
  for (const [blob, { digest, since }] of before) {
    const seal = now.get(blob);
    const past = [seal, ...(seal?.history ?? [])];
    if (!past.some((one) => one?.digest === digest && one.since === since)) broken.push(`the seal of ${blob} is gone`);
  }
  for (const section of ['seals', 'receipts', 'stamps'] as const) {
    const folder = folderOf(node.state, state, section);
    for (const name of namesIn(folder)) {
      const problem = await whyTorn(node, section, join(folder, name), name);
      if (problem !== null) broken.push(`${section}/${name}: ${problem}`);
    }
    if (section === 'stamps') continue;
    const strays = namesIn(join(node.state, section)).filter((name) => name !== state.key && !TEMPORARY.test(name));
    broken.push(...strays.map((name) => `${section}/${name} is nobody’s`));
  }
  return broken;
}

async function whyTorn(
  node: SmallNode,
  section: 'seals' | 'receipts' | 'stamps',
  path: string,
  name: string,
): Promise<string | null> {
  if (section === 'stamps') {
    if (TEMPORARY.test(name)) return null;
    return /\nend \d+ \d+ \d+\n$/.test(readFileSync(path, 'latin1')) ? null : 'a torn stamp';
  }
  if (!/^[0-9a-f]{64}\.json$/.test(name)) return 'it is nobody’s';
  if (section === 'seals') return null;
  const read = await readReceipt(await openState(node.state, node.root.directory), name.slice(0, 64));
  return read.kind === 'receipt' ? null : `a torn receipt: ${read.problem}`;
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
