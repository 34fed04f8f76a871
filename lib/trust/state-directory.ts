import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemErrorCode, systemErrorText } from '../errors.js';
import { judgeDirectory } from './own-directory.js';

/** Where what is remembered lies, if nobody says otherwise. */
export const DEFAULT_STATE_DIRECTORY = '/var/lib/blobcheck';

/** What a state directory holds: seals are decisions and must be kept, all the rest costs a hash when it is lost. */
export type Section = 'seals' | 'receipts' | 'locks' | 'stamps';

/** A place to remember things in, for one store. */
export interface StateDirectory {
  /** Absolute and resolved; null where nothing is remembered. */
  readonly path: string | null;
  /** The resolved path of the store's root; it stands in every file. */
  readonly store: string;
  /** Names the store's folder in each section: SHA-256 of `store`, 64 lower-case hexadecimal digits. */
  readonly key: string;
  /** Why the directory itself cannot be used (warning `state-unusable`); empty when it can. */
  readonly problems: readonly string[];
}

/**
 * Finds the state directory of the store at `root`; null for none. Nothing is created (the first write does), and
 * nothing is thrown: trouble with it is in `problems`, and then nothing is remembered there, no receipt counts, and a
 * seal that is there is unreadable.
 */
export async function openState(directory: string, root: string): Promise<StateDirectory & { readonly path: string }>;
export async function openState(directory: string | null, root: string): Promise<StateDirectory>;
export async function openState(directory: string | null, root: string): Promise<StateDirectory> {
  const store = resolved(root);
  const key = createHash('sha256').update(store).digest('hex');
  if (directory === null) return { path: null, store, key, problems: [] };
  // The operator may put a link in its place (to a larger disk); a link inside is not followed.
  const path = resolved(directory);
  const judged = await judgeDirectory(path);
  return { path, store, key, problems: judged.kind === 'unusable' ? [judged.problem] : [] };
}

/** The folder of this store's files of one section: `<state>/<section>/<key>`; stamps lie in one, where `sh` finds them. */
export function folderOf(path: string, state: StateDirectory, section: Section): string {
  return section === 'stamps' ? join(path, section) : join(path, section, state.key);
}

/** The name without links; what does not exist (yet), or cannot be looked at, by its absolute name. */
function resolved(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return resolve(path);
  }
}

/**
 * The words for a write that failed, or null where there is nothing to tell: who may not write in the state directory
 * reads it all the same and remembers nothing. To root a refusal is news.
 */
export function writeProblem(what: string, error: unknown): string | null {
  const code = systemErrorCode(error);
  if ((code === 'EACCES' || code === 'EPERM') && process.geteuid?.() !== 0) return null;
  return `${what}: ${systemErrorText(error)}`;
}
