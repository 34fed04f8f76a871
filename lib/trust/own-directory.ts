import { type BigIntStats, constants, lstatSync } from 'node:fs';
import { chmod, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode, systemErrorText } from '../errors.js';
import { kindOf } from '../file/open-regular.js';
import { whyNotOurs } from '../file/ownership.js';

/** Readable by those who cannot write: an unprivileged `verify` needs the seals. */
const DIRECTORY_MODE = 0o755;

export type JudgedDirectory =
  | { readonly kind: 'usable' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unusable'; readonly problem: string };

/**
 * Whether what lies in a directory can only have been put there by root or by us. Not asked of its parents: who can
 * rename the directory away can only put one of his own in its place, and that is refused for its owner.
 */
export async function judgeDirectory(path: string): Promise<JudgedDirectory> {
  try {
    const stats = lstatSync(path, { bigint: true });
    if (!stats.isDirectory()) return { kind: 'unusable', problem: `${path}: not a directory but a ${whatIs(stats)}` };
    const problem = whyNotOurs(stats);
    return problem === null ? { kind: 'usable' } : { kind: 'unusable', problem: `${path}: ${problem}` };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
    return { kind: 'unusable', problem: `${path}: ${systemErrorText(error)}` };
  }
}

function whatIs(stats: BigIntStats): string {
  return stats.isFile() ? 'file' : kindOf(stats);
}

/**
 * Makes a directory that outlives a power cut; its parents as `mkdir -p` does. One that is there is judged and not
 * changed. Returns the problem, or null. Throws system errors.
 */
export async function makeOwnDirectory(path: string): Promise<string | null> {
  const judged = await judgeDirectory(path);
  if (judged.kind === 'usable') return null;
  if (judged.kind === 'unusable') return judged.problem;
  await mkdir(dirname(path), { recursive: true });
  try {
    await mkdir(path, { mode: DIRECTORY_MODE });
    // A umask of 077 would hide the seals from those who may read them.
    await chmod(path, DIRECTORY_MODE);
    await syncDirectory(dirname(path));
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
    // Somebody else was faster: whoever it was is judged.
    const again = await judgeDirectory(path);
    if (again.kind === 'unusable') return again.problem;
  }
  return null;
}

/** Makes the names in a directory outlive a power cut. Throws system errors. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
