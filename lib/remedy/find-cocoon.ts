import { accessSync, closeSync, constants, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join } from 'node:path';

/** The second line of bin/cocoon-guard: by it a copy of the guard is known. */
const GUARD_MARK = "# blobcheck's cocoon-guard: stands in cocoon's place";

/**
 * The real cocoon: BLOBCHECK_COCOON, else the first `cocoon` of PATH that is not our guard. Null where there is none.
 * Never the guard: it would ask us again.
 */
export function findCocoon(env: NodeJS.ProcessEnv): string | null {
  const named = env.BLOBCHECK_COCOON;
  if (named) return isAbsolute(named) && isProgram(named) && !isGuard(named) ? named : null;
  const directories = (env.PATH ?? '').split(delimiter).filter((directory) => isAbsolute(directory));
  return (
    directories.map((directory) => join(directory, 'cocoon')).find((path) => isProgram(path) && !isGuard(path)) ?? null
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
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
