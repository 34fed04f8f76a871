import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Guest memory is hundreds of megabytes of hole; its size and times say enough. */
const WHOLE = 16 * 1024 * 1024;

/** Every entry under a directory with its bytes, mode and times: what a reader must leave as it was. */
export function listing(directory: string): string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort();
  return ['.', ...names].map((name) => {
    const path = join(directory, name);
    const stats = statSync(path, { bigint: true });
    const { ino, size, mode, mtimeNs, ctimeNs } = stats;
    const bytes =
      stats.isFile() && size < WHOLE ? createHash('sha256').update(readFileSync(path)).digest('base64') : '';
    return [name, ino, size, mode, mtimeNs, ctimeNs, bytes].join(' ');
  });
}
