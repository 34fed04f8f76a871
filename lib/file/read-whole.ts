import { type BigIntStats, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { kindOf, type NotOpened, REGULAR_ONLY, whyNotOpened } from './open-regular.js';

/** A small file as it was found, or why there are no bytes of it. */
export type FileBytes =
  | { readonly kind: 'ok'; readonly bytes: Buffer; readonly stats: BigIntStats }
  | { readonly kind: 'too-large'; readonly bytes: bigint; readonly limit: number }
  | NotOpened;

/**
 * Reads a whole regular file of at most `limit` bytes; a symbolic link is not followed. Never throws for what stands
 * on the disk. What a writer appends meanwhile is not read beyond the limit.
 *
 * Made at once, not by a thread that is waited for: each of such steps would cost 50 to 100 µs, more than the step, and
 * nobody has anything to do meanwhile. The price: on a file system that hangs, time limits and signals wait with us.
 */
export function readWhole(path: string, limit: number): FileBytes {
  let descriptor: number;
  try {
    descriptor = openSync(path, REGULAR_ONLY);
  } catch (error) {
    return whyNotOpened(path, error);
  }
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    if (!stats.isFile()) return { kind: 'not-regular', what: kindOf(stats) };
    if (stats.size > BigInt(limit)) return { kind: 'too-large', bytes: stats.size, limit };
    const bytes = readUpTo(descriptor, Number(stats.size), limit);
    if (bytes.length > limit) return { kind: 'too-large', bytes: BigInt(bytes.length), limit };
    return { kind: 'ok', bytes, stats };
  } catch (error) {
    return { kind: 'unreadable', error };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Reads to the end of the file, or one byte past the limit. A file of /proc says that it has no bytes and has some; any
 * other that gives less than it was asked for, and as much as it said, has ended.
 */
function readUpTo(descriptor: number, expected: number, limit: number): Buffer {
  let buffer = Buffer.allocUnsafe(Math.min(Math.max(expected + 1, 4096), limit + 1));
  let filled = 0;
  for (;;) {
    const bytesRead = readSync(descriptor, buffer, filled, buffer.length - filled, filled);
    filled += bytesRead;
    const hasEnded = filled === expected && filled < buffer.length;
    if (bytesRead === 0 || hasEnded || filled > limit) return buffer.subarray(0, filled);
    if (filled === buffer.length) buffer = Buffer.concat([buffer], Math.min(buffer.length * 2, limit + 1));
  }
}
