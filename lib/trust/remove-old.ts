import { lstat, unlink } from 'node:fs/promises';

/**
 * Removes a file that was last written before a time (milliseconds since 1970). What is gone, or does not let itself be
 * removed, is the next one's to try: tidying is no reason for anything to fail.
 */
export async function removeOlder(path: string, beforeMs: number): Promise<void> {
  const { mtimeMs } = await lstat(path).catch(() => ({ mtimeMs: Infinity }));
  if (mtimeMs < beforeMs) await unlink(path).catch(() => {});
}
