import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { hasControls } from '../finding/escape.js';
import { isGuard } from '../remedy/find-cocoon.js';

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
 * under whatever name it stands there.
 */
export async function findCocoon(named: string | null, searchPath: string): Promise<FoundCocoon> {
  if (named !== null) {
    if (!isAbsolute(named) || hasControls(named)) return { problem: 'BLOBCHECK_COCOON is not an absolute path' };
    const problem = await whyNotRunnable(named);
    if (problem !== null) return { problem: `BLOBCHECK_COCOON is ${named}, and ${problem}` };
    if (isGuard(named)) return { problem: `BLOBCHECK_COCOON is ${named}, which is the guard itself` };
    return { path: named };
  }
  for (const directory of searchPath.split(':')) {
    // What lies in a relative directory is another program for everybody who looks.
    if (!isAbsolute(directory)) continue;
    const path = join(directory, 'cocoon');
    if (hasControls(path) || (await whyNotRunnable(path)) !== null) continue;
    if (!isGuard(path)) return { path };
  }
  return { problem: 'there is no cocoon in PATH' };
}
