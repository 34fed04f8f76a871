import { join } from 'node:path';
import { systemErrorText } from '../errors.js';
import { whyNotOurs } from '../file/ownership.js';
import { readWhole } from '../file/read-whole.js';
import { judgeDirectory } from './own-directory.js';
import { folderOf, type Section, type StateDirectory } from './state-directory.js';

/** Bytes. A seal with a full history of long names has 20 KB; what is larger was not written by us. */
const MAX_BYTES = 1024 * 1024;

export type StateFile =
  /** `problem`: the file is not there, but its folder is not what it should be either. */
  | { readonly kind: 'absent'; readonly problem: string | null }
  /** `wasRead` is false where the system did not give its bytes: they may be those of a good file. */
  | { readonly kind: 'unusable'; readonly reason: string; readonly wasRead: boolean }
  | { readonly kind: 'read'; readonly path: string; readonly bytes: Buffer };

/**
 * Reads one file of the state directory if it can only be root's or our word: a regular file (no link is followed) that
 * nobody else owns or can write, in folders that nobody else owns or can write. Never throws for what is on the disk.
 */
export async function readStateFile(state: StateDirectory, section: Section, name: string): Promise<StateFile> {
  if (state.path === null) return { kind: 'absent', problem: null };
  const folder = folderOf(state.path, state, section);
  const problem = await folderProblem(state.path, state, section);
  const file = join(folder, name);
  const read = readWhole(file, MAX_BYTES);
  if (read.kind === 'missing') return { kind: 'absent', problem };
  if (read.kind === 'unreadable') return { ...unusable(file, systemErrorText(read.error)), wasRead: false };
  if (read.kind === 'not-regular') return unusable(file, `not a regular file but a ${read.what}`);
  if (problem !== null) return { kind: 'unusable', reason: problem, wasRead: false };
  if (read.kind === 'too-large') return unusable(file, `${read.bytes} bytes are more than such a file can have`);
  const why = whyNotOurs(read.stats);
  return why === null ? { kind: 'read', path: file, bytes: read.bytes } : unusable(file, why);
}

/** Why nothing in this store's folder of a section can be believed, or null. What is absent is no problem. */
export async function folderProblem(path: string, state: StateDirectory, section: Section): Promise<string | null> {
  for (const directory of [path, join(path, section), folderOf(path, state, section)]) {
    const judged = await judgeDirectory(directory);
    if (judged.kind === 'unusable') return judged.problem;
  }
  return null;
}

function unusable(file: string, reason: string) {
  return { kind: 'unusable', reason: `${file}: ${reason}`, wasRead: true } as const;
}
