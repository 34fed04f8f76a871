import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { systemErrorCode } from '../errors.js';

export type NotRegular = 'directory' | 'symlink' | 'fifo' | 'socket' | 'character device' | 'block device' | 'other';

/** What stands at a path: a regular file, opened, or the reason why there is none to read. */
export type Opened =
  | { readonly kind: 'regular'; readonly handle: FileHandle; readonly stats: BigIntStats }
  | { readonly kind: 'missing' }
  | { readonly kind: 'not-regular'; readonly what: NotRegular }
  | { readonly kind: 'unreadable'; readonly error: unknown };

/**
 * Opens a regular file for reading, and nothing else: a symbolic link is not followed, and a FIFO or device in the
 * file's place neither blocks nor is read (threats.md: "symlinked blob, FIFO, device, directory, socket").
 * The caller closes the handle. Never throws for what stands on the disk.
 */
export async function openRegular(path: string, extraFlags = 0): Promise<Opened> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | extraFlags;
  let handle: FileHandle;
  try {
    handle = await open(path, flags);
  } catch (error) {
    return await whyNotOpened(path, error);
  }
  try {
    const stats = await handle.stat({ bigint: true });
    if (stats.isFile()) return { kind: 'regular', handle, stats };
    await handle.close();
    return { kind: 'not-regular', what: kindOf(stats) };
  } catch (error) {
    await handle.close();
    return { kind: 'unreadable', error };
  }
}

async function whyNotOpened(path: string, error: unknown): Promise<Opened> {
  const code = systemErrorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
  // ELOOP is a symbolic link, ENXIO a socket or a device without a driver; a file without permission may be any of them.
  try {
    const stats = await lstat(path, { bigint: true });
    if (!stats.isFile()) return { kind: 'not-regular', what: kindOf(stats) };
  } catch (failure) {
    if (systemErrorCode(failure) === 'ENOENT') return { kind: 'missing' };
  }
  return { kind: 'unreadable', error };
}

/** The kind of a file that is not a regular one. */
export function kindOf(stats: BigIntStats): NotRegular {
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFIFO()) return 'fifo';
  if (stats.isSocket()) return 'socket';
  if (stats.isCharacterDevice()) return 'character device';
  if (stats.isBlockDevice()) return 'block device';
  return 'other';
}
