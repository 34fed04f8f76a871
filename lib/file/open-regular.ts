import { type BigIntStats, constants, fstatSync, lstatSync } from 'node:fs';
import { systemErrorCode } from '../errors.js';
import { type OpenFile, openFile } from './open-file.js';

export type NotRegular = 'directory' | 'symlink' | 'fifo' | 'socket' | 'character device' | 'block device' | 'other';

/** What stands at a path: a regular file, opened, or the reason why there is none to read. */
export type Opened = { readonly kind: 'regular'; readonly handle: OpenFile; readonly stats: BigIntStats } | NotOpened;

export type NotOpened =
  | { readonly kind: 'missing' }
  | { readonly kind: 'not-regular'; readonly what: NotRegular }
  | { readonly kind: 'unreadable'; readonly error: unknown };

/** Flags of open(2) that follow no link, and wait for nobody at a FIFO. */
export const REGULAR_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a regular file for reading, and nothing else: a symbolic link is not followed, and a FIFO or device in the
 * file's place neither blocks nor is read (threats.md: "symlinked blob, FIFO, device, directory, socket").
 * The caller closes the handle. Never throws for what stands on the disk.
 */
export async function openRegular(path: string, extraFlags = 0): Promise<Opened> {
  let handle: OpenFile;
  try {
    handle = openFile(path, REGULAR_ONLY | extraFlags);
  } catch (error) {
    return whyNotOpened(path, error);
  }
  try {
    const stats = fstatSync(handle.fd, { bigint: true });
    if (stats.isFile()) return { kind: 'regular', handle, stats };
    await handle.close();
    return { kind: 'not-regular', what: kindOf(stats) };
  } catch (error) {
    await handle.close();
    return { kind: 'unreadable', error };
  }
}

/** What an `open` with those flags has failed for. */
export function whyNotOpened(path: string, error: unknown): NotOpened {
  const code = systemErrorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' };
  // ELOOP is a symbolic link, ENXIO a socket or a device without a driver; a file without permission may be any of them.
  try {
    const stats = lstatSync(path, { bigint: true });
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
