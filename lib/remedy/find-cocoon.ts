import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { hasControls } from '../finding/escape.js';

/** The second line of bin/cocoon-guard: by it a copy of the guard is known. */
const GUARD_MARK = "# blobcheck's cocoon-guard: stands in cocoon's place";

export type FoundCocoon = { readonly path: string } | { readonly problem: string };

/**
 * The real cocoon: the one that is named (BLOBCHECK_COCOON), else the first in `searchPath` (as PATH is written) that is
 * not the guard, under whatever name it stands there: the guard would ask us again.
 */
export function findCocoon(named: string | null, searchPath: string): FoundCocoon {
  if (named !== null) {
    if (!isAbsolute(named) || hasControls(named)) return { problem: 'BLOBCHECK_COCOON is not an absolute path' };
    const problem = whyNotRunnable(named);
    if (problem !== null) return { problem: `BLOBCHECK_COCOON is ${named}, and ${problem}` };
    if (isGuard(named)) return { problem: `BLOBCHECK_COCOON is ${named}, which is the guard itself` };
    return { path: named };
  }
  // What lies in a relative directory is another program for everybody who looks.
  const directories = searchPath.split(delimiter).filter((directory) => isAbsolute(directory));
  const path = directories
    .map((directory) => join(directory, 'cocoon'))
    .find((found) => !hasControls(found) && whyNotRunnable(found) === null && !isGuard(found));
  return path === undefined ? { problem: 'there is no cocoon in PATH' } : { path };
}

/** Why a file cannot be run, or null. */
export function whyNotRunnable(path: string): string | null {
  try {
    if (!statSync(path).isFile()) return 'it is no file';
    accessSync(path, constants.X_OK);
    return null;
  } catch {
    return 'there is no program that can be run';
  }
}

/** Whether a program is our guard, or a copy of it. Throws where there is nothing. */
export function isGuard(path: string): boolean {
  const target = realpathSync(path);
  return basename(target) === 'cocoon-guard' || headOf(target).includes(GUARD_MARK);
}

function headOf(path: string): string {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    // A program may be executed and not read.
    return '';
  }
  try {
    const head = Buffer.alloc(256);
    return head.subarray(0, readSync(descriptor, head, 0, head.length, 0)).toString('latin1');
  } finally {
    closeSync(descriptor);
  }
}
