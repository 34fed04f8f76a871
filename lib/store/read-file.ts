import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { type NotRegular, openRegular } from '../file/open-regular.js';

/** A small file as it was found, or why there are no bytes of it. */
export type FileBytes =
  | { readonly kind: 'ok'; readonly bytes: Buffer; readonly stats: BigIntStats }
  | { readonly kind: 'missing' }
  | { readonly kind: 'not-regular'; readonly what: NotRegular }
  | { readonly kind: 'too-large'; readonly bytes: bigint; readonly limit: number }
  | { readonly kind: 'unreadable'; readonly error: unknown };

/**
 * Reads a whole regular file of at most `limit` bytes; a symbolic link is not followed. Never throws for what stands
 * on the disk. What a writer appends meanwhile is not read beyond the limit.
 */
export async function readFileBytes(path: string, limit: number): Promise<FileBytes> {
  const opened = await openRegular(path);
  if (opened.kind !== 'regular') return opened;
  const { handle, stats } = opened;
  try {
    if (stats.size > BigInt(limit)) return { kind: 'too-large', bytes: stats.size, limit };
    const bytes = await readUpTo(handle, Number(stats.size), limit);
    if (bytes.length > limit) return { kind: 'too-large', bytes: BigInt(bytes.length), limit };
    return { kind: 'ok', bytes, stats };
  } catch (error) {
    return { kind: 'unreadable', error };
  } finally {
    await handle.close();
  }
}

/** Reads to the end of the file, or one byte past the limit. A file of /proc says that it has no bytes and has some. */
async function readUpTo(handle: FileHandle, expected: number, limit: number): Promise<Buffer> {
  let buffer = Buffer.alloc(Math.min(Math.max(expected + 1, 4096), limit + 1));
  let filled = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled);
    filled += bytesRead;
    if (bytesRead === 0 || filled > limit) return buffer.subarray(0, filled);
    if (filled === buffer.length) buffer = Buffer.concat([buffer], Math.min(buffer.length * 2, limit + 1));
  }
}
