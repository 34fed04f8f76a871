import { type BigIntStats, lstatSync } from 'node:fs';
import { walkPath } from './walk-path.js';

/** The directories and symbolic links that names are looked up through, as they were. */
export interface Way {
  /** One that is gone, or another, or that was moved in between, even if it is back; null where none was. */
  whatMoved(): string | null;
}

/**
 * Remembers the way to directories, so that it can be told later whether names were looked up through others meanwhile: a
 * file's own times do not tell when a directory above it is moved away, another put in its place, and it is put back. What
 * is not there yet is nobody's way. Never throws for what stands on the disk.
 */
export function lookAtWay(directories: readonly string[]): Way {
  const seen = new Map<string, BigIntStats>();
  for (const directory of directories) {
    for (const { path, stats } of walkPath(directory).steps) if (!seen.has(path)) seen.set(path, stats);
  }
  return {
    whatMoved: () => [...seen].find(([path, before]) => hasMoved(before, lookAt(path)))?.[0] ?? null,
  };
}

/**
 * A rename changes the ctime of what is renamed and nothing else of it; an entry that comes or goes changes both times of
 * its directory. A change of owner or rights looks like a rename: then it is looked at once more for nothing.
 */
function hasMoved(before: BigIntStats, now: BigIntStats | null): boolean {
  if (now === null || now.ino !== before.ino || now.dev !== before.dev || now.birthtimeNs !== before.birthtimeNs) {
    return true;
  }
  return now.ctimeNs !== before.ctimeNs && (!now.isDirectory() || now.mtimeNs === before.mtimeNs);
}

function lookAt(path: string): BigIntStats | null {
  try {
    return lstatSync(path, { bigint: true });
  } catch {
    return null;
  }
}
