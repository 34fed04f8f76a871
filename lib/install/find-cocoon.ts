import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { hasControls } from '../finding/escape.js';

/** Why a file cannot be run, or null. */
export async function whyNotRunnable(path: string): Promise<string | null> {
  try {
    if (!(await stat(path)).isFile()) return 'it is no file';
    await access(path, constants.X_OK);
    return null;
  } catch {
    return 'there is no program that can be run';
  }
}

export type FoundCocoon = { readonly path: string } | { readonly problem: string };

/**
 * The real cocoon: the one that is named, else the first in `searchPath` (as PATH is written) that is not the guard,
 * under whatever name the guard stands there.
 */
export async function findCocoon(named: string | null, searchPath: string, guard: string): Promise<FoundCocoon> {
  if (named !== null) {
    if (!isAbsolute(named) || hasControls(named)) return { problem: 'BLOBCHECK_COCOON is not an absolute path' };
    const problem = await whyNotRunnable(named);
    if (problem !== null) return { problem: `BLOBCHECK_COCOON is ${named}, and ${problem}` };
    if (await isSameFile(named, guard)) return { problem: `BLOBCHECK_COCOON is ${named}, which is the guard itself` };
    return { path: named };
  }
  for (const directory of searchPath.split(':')) {
    // What lies in a relative directory is another program for everybody who looks.
    if (!isAbsolute(directory)) continue;
    const path = join(directory, 'cocoon');
    if (hasControls(path) || (await whyNotRunnable(path)) !== null) continue;
    if (!(await isSameFile(path, guard))) return { path };
  }
  return { problem: 'there is no cocoon in PATH' };
}

/** Whether two names lead to one file, by whatever links. */
export async function isSameFile(one: string, other: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([realpath(one), realpath(other)]);
    const [first, second] = await Promise.all([stat(a, { bigint: true }), stat(b, { bigint: true })]);
    return first.ino === second.ino && first.dev === second.dev;
  } catch {
    return false;
  }
}
