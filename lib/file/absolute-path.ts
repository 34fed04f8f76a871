import { isAbsolute } from 'node:path';

/**
 * A path from the root on, and not cleaned: `..` behind a link leads where the kernel goes up from what the link leads to,
 * and a path without both is another one.
 */
export function absolutePath(path: string, cwd: string = process.cwd()): string {
  return isAbsolute(path) ? path : `${cwd}/${path}`;
}
