import { isAbsolute } from 'node:path';

/**
 * A path from the root on, and not cleaned: `..` behind a link leads where the kernel goes up from what the link leads to,
 * and a path without both is another one.
 */
export function absolutePath(path: string, cwd?: string): string {
  // A process whose directory was removed has none, and no need of one for a path that is absolute.
  return isAbsolute(path) ? path : `${cwd ?? process.cwd()}/${path}`;
}
