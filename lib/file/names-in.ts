import { opendirSync, readdirSync } from 'node:fs';

/** More than any snapshot's on any file system. */
const SMALL_DIRECTORY_BYTES = 64 * 1024;

/**
 * The names in a directory of so many bytes (`stat`), one more than the limit at most from a large one; as they are on the
 * disk, which need not be UTF-8. Throws the system's error.
 */
export function namesIn(directory: string, bytes: number, limit: number): Buffer[] {
  // In one step, which takes half as long. A name takes a byte at least, so these are not many.
  if (bytes <= SMALL_DIRECTORY_BYTES) return readdirSync(directory, { encoding: 'buffer' });
  const names: Buffer[] = [];
  const opened = opendirSync(directory, { encoding: 'buffer' as BufferEncoding });
  try {
    while (names.length <= limit) {
      const next = opened.readSync();
      if (next === null) break;
      names.push(next.name as unknown as Buffer);
    }
  } finally {
    opened.closeSync();
  }
  return names;
}
