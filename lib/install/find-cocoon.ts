import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { hasControls } from '../finding/escape.js';

/** Bytes. The guard is a script of a few thousand. */
const MAX_GUARD = 1024n * 1024n;

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
    if (await isGuard(named, guard)) return { problem: `BLOBCHECK_COCOON is ${named}, which is the guard itself` };
    return { path: named };
  }
  for (const directory of searchPath.split(':')) {
    // What lies in a relative directory is another program for everybody who looks.
    if (!isAbsolute(directory)) continue;
    const path = join(directory, 'cocoon');
    if (hasControls(path) || (await whyNotRunnable(path)) !== null) continue;
    if (!(await isGuard(path, guard))) return { path };
  }
  return { problem: 'there is no cocoon in PATH' };
}

/** Whether a program is the guard, under whatever name and by whatever links, or a copy of it. */
export async function isGuard(path: string, guard: string): Promise<boolean> {
  try {
    const [one, other] = await Promise.all([path, guard].map((name) => stat(name, { bigint: true })));
    if (one === undefined || other === undefined) return false;
    if (one.ino === other.ino && one.dev === other.dev) return true;
    // The real cocoon has megabytes, and is not read for this.
    if (one.size !== other.size || one.size > MAX_GUARD) return false;
    const [bytes, ours] = await Promise.all([readFile(path), readFile(guard)]);
    return bytes.equals(ours);
  } catch {
    return false;
  }
}
