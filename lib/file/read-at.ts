import { readSync } from 'node:fs';
import { BlobcheckError, systemErrorText } from '../errors.js';
import type { OpenFile } from './open-file.js';

/**
 * Reads `length` bytes at byte `offset`; returns fewer only at the end of the file (an empty buffer past it).
 * The buffer belongs to the caller.
 */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>;

/**
 * Bytes of a read that is made at once: a header, a table. To hand it to a thread and wait costs 50 to 100 µs, and a check
 * makes a hundred such steps.
 */
const AT_ONCE_BYTES = 128 * 1024;

/** After so many reads at once one goes through a thread all the same, so that signals and timers get their turn. */
const READS_BEFORE_A_TURN = 64;

/** A `ReadAt` over an open file. A failed read is a `BlobcheckError` `unreadable` with path and offset. */
export function readAtOf(handle: Pick<OpenFile, 'fd' | 'read'>, path: string): ReadAt {
  let reads = 0;
  const read = async (buffer: Buffer, at: number, offset: number): Promise<number> => {
    const length = buffer.length - at;
    reads += 1;
    if (length <= AT_ONCE_BYTES && reads % READS_BEFORE_A_TURN !== 0) {
      return readSync(handle.fd, buffer, at, length, offset);
    }
    return (await handle.read(buffer, at, length, offset)).bytesRead;
  };
  return async (offset, length) => {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const from = offset + filled;
      const bytesRead = await read(buffer, filled, from).catch((cause: unknown) => {
        throw unreadable(path, from, cause);
      });
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  };
}

function unreadable(path: string, offset: number, cause: unknown): BlobcheckError {
  return new BlobcheckError('unreadable', `cannot read at byte ${offset}: ${systemErrorText(cause)}`, {
    path,
    offset,
    cause,
  });
}
