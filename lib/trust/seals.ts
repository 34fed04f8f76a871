import { readdir } from 'node:fs/promises';
import { systemErrorCode, systemErrorText } from '../errors.js';
import { SMALL_WRITE_MS, withLock } from './lock.js';
import { folderProblem, readStateFile } from './read-state-file.js';
import { voidReceipt } from './receipts.js';
import { decodeRecord, encodeRecord, isBlobName, sealedWithChecksum } from './record.js';
import { MAX_HISTORY, type NewSeal, SEAL_VERSION, type Seal, sealSchema } from './seal-record.js';
import { folderOf, type StateDirectory } from './state-directory.js';
import { createStateFile, type NotWritten, writeStateFile } from './write-state-file.js';

export type SealRead =
  /** `problem`: there is none, but the place where it would be is not what it should be (`state-unusable`). */
  | { readonly kind: 'none'; readonly problem: string | null }
  | { readonly kind: 'sealed'; readonly seal: Seal }
  /**
   * It is there and does not count: `seal-unreadable`, never "no seal". `wasRead` is false where the system did not give its
   * bytes: they may be those of a good one.
   */
  | { readonly kind: 'unreadable'; readonly reason: string; readonly wasRead: boolean };

export type SealWritten =
  | { readonly kind: 'written'; readonly seal: Seal }
  /** There is one; a seal is never replaced by looking at the file again. */
  | { readonly kind: 'kept'; readonly seal: Seal }
  | { readonly kind: 'unreadable'; readonly reason: string }
  /** `problem` is null where there is nothing to warn of: no state directory, no right to write there. */
  | { readonly kind: 'not-written'; readonly problem: string | null };

export interface SealList {
  /** In order of their blobs' names. */
  readonly seals: readonly Seal[];
  readonly unreadable: readonly { readonly blob: string; readonly reason: string }[];
  readonly problems: readonly string[];
}

const ENDING = '.json';

/** The seal of a blob, by its name. Never throws for what is on the disk. */
export async function readSeal(state: StateDirectory, blob: string): Promise<SealRead> {
  const name = blob + ENDING;
  const file = await readStateFile(state, 'seals', name);
  if (file.kind === 'absent') return { kind: 'none', problem: file.problem };
  if (file.kind === 'unusable') return { kind: 'unreadable', reason: file.reason, wasRead: file.wasRead };
  const decoded = decodeRecord(file.bytes, SEAL_VERSION, sealSchema);
  if (!decoded.ok) return { kind: 'unreadable', reason: `${file.path}: ${decoded.reason}`, wasRead: true };
  const seal = decoded.record;
  // A good seal that was copied to another name or another store speaks of something else.
  if (seal.blob !== blob || seal.store !== state.store) {
    const reason = `${file.path}: it is the seal of ${seal.blob} in ${seal.store}`;
    return { kind: 'unreadable', reason, wasRead: true };
  }
  return { kind: 'sealed', seal };
}

/** Seals a blob that has no seal; an existing one is kept. Of several writers at once one wins, and the others learn which. */
export async function writeSeal(state: StateDirectory, decision: NewSeal): Promise<SealWritten> {
  // Not what decides (the link does): it spares the receipt of a blob that is sealed already.
  const existing = await readSeal(state, decision.blob);
  if (existing.kind !== 'none') return kept(existing);
  const seal = withHistory(state, decision, []);
  const written = (await withoutReceipt(state, seal)) ?? (await createStateFile(...fileOf(state, seal)));
  if (written.kind === 'written') return { kind: 'written', seal };
  if (written.kind === 'not-written') return written;
  const winner = await readSeal(state, decision.blob);
  // The winner's was removed by hand meanwhile.
  return winner.kind === 'none' ? { kind: 'not-written', problem: winner.problem } : kept(winner);
}

/**
 * Seals a blob anew: `seal --replace`, or a new file that `ensure` or a pull brought. The old seal goes into the history; one
 * that is none goes without (its bytes may be anybody's), and one whose bytes are not to be had stays. Writers that replace
 * at once take turns.
 */
export async function replaceSeal(state: StateDirectory, decision: NewSeal): Promise<SealWritten> {
  const locked = await withLock(state, 'seals', { waitMs: SMALL_WRITE_MS }, async (): Promise<SealWritten> => {
    const existing = await readSeal(state, decision.blob);
    // A disk that fails once, or too many open files, is no reason to forget what was decided.
    if (existing.kind === 'unreadable' && !existing.wasRead) return existing;
    const history = existing.kind === 'sealed' ? [pastOf(existing.seal), ...existing.seal.history] : [];
    const seal = withHistory(state, decision, history.slice(0, MAX_HISTORY));
    const written = (await withoutReceipt(state, seal)) ?? (await writeStateFile(...fileOf(state, seal)));
    return written.kind === 'written' ? { kind: 'written', seal } : written;
  });
  return locked.kind === 'done' ? locked.result : { kind: 'not-written', problem: locked.problem };
}

/** All seals of a store. Never throws for what is on the disk. */
export async function listSeals(state: StateDirectory): Promise<SealList> {
  if (state.path === null) return { seals: [], unreadable: [], problems: [] };
  const folder = folderOf(state.path, state, 'seals');
  const problem = await folderProblem(state.path, state, 'seals');
  const problems = problem === null ? [] : [problem];
  let names: string[] = [];
  try {
    names = await readdir(folder);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'ENOENT' && problem === null) problems.push(`${folder}: ${systemErrorText(error)}`);
  }
  const seals: Seal[] = [];
  const unreadable: { blob: string; reason: string }[] = [];
  for (const name of names.sort()) {
    const blob = name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : '';
    if (!isBlobName(blob)) continue;
    const read = await readSeal(state, blob);
    if (read.kind === 'sealed') seals.push(read.seal);
    if (read.kind === 'unreadable') unreadable.push({ blob, reason: read.reason });
  }
  return { seals, unreadable, problems };
}

function kept(existing: Exclude<SealRead, { kind: 'none' }>): SealWritten {
  return existing.kind === 'sealed' ? { kind: 'kept', seal: existing.seal } : existing;
}

function withHistory(state: StateDirectory, decision: NewSeal, history: Seal['history']): Seal {
  const { blob, digest, size, basis, since, by, tool } = decision;
  const { store } = state;
  return sealedWithChecksum({ version: SEAL_VERSION, store, blob, digest, size, basis, since, by, tool, history });
}

function pastOf(seal: Seal): Seal['history'][number] {
  const { digest, size, basis, since, by, tool } = seal;
  return { digest, size, basis, since, by, tool };
}

/** Null when the receipt is gone. It goes before the seal: it was made under the old decision, and stamps rest on it. */
async function withoutReceipt(state: StateDirectory, { blob }: Seal): Promise<NotWritten | null> {
  const { gone, problem } = await voidReceipt(state, blob);
  return gone ? null : { kind: 'not-written', problem };
}

function fileOf(state: StateDirectory, seal: Seal) {
  return [state, 'seals', seal.blob + ENDING, encodeRecord(seal)] as const;
}
