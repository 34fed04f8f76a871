import type { FileHandle } from 'node:fs/promises';
import { BlobcheckError, systemErrorText } from '../errors.js';

/**
 * Reads `length` bytes at byte `offset`; returns fewer only at the end of the file (an empty buffer past it).
 * The buffer belongs to the caller.
 */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

/** A `ReadAt` over an open file. A failed read is a `BlobcheckError` `unreadable` with path and offset. */
export function readAtOf(handle: FileHandle, path: string): ReadAt {
  return async (offset, length) => {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const bytesRead = await readSome(handle, path, buffer, filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  };
}

async function readSome(handle: FileHandle, path: string, buffer: Buffer, at: number, offset: number): Promise<number> {
  try {
    return (await handle.read(buffer, at, buffer.length - at, offset)).bytesRead;
  } catch (cause) {
    throw new BlobcheckError('unreadable', `cannot read at byte ${offset}: ${systemErrorText(cause)}`, {
      path,
      offset,
      cause,
    });
  }
}
