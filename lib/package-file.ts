import { fileURLToPath } from 'node:url';

/**
 * The absolute path of a file of this package, given from its directory. Here and nowhere deeper, because the same
 * relative path leads out of `lib/` and out of the flat `dist/`.
 */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
