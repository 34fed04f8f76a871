import type { FileHandle } from 'node:fs/promises';
import { BlobcheckError } from '../errors.js';
import { returnBufferPair, takeBufferPair } from './buffers.js';
import { locateReadError } from './read-error.js';

export interface ReadOverlappedOptions {
  /** Named in errors. */
  readonly path: string;
  /** Bytes to read. What lies behind them is not read: a file that grows as fast as it is read would never end. */
  readonly size: number;
  /** Read into page-aligned memory. */
  readonly aligned: boolean;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads a file from its beginning and hands out one buffer while the next is being filled; the bytes are valid during
 * the call only. `take` also gets the number of bytes handed out so far. Returns that number at the end, which is less
 * than `size` when the file is shorter. `BlobcheckError` `unreadable` with offset, `aborted` with the signal's reason.
 */
export async function readOverlapped(
  handle: Pick<FileHandle, 'read' | 'stat'>,
  options: ReadOverlappedOptions,
  take: (bytes: Buffer, done: number) => void,
): Promise<number> {
  const { path, size, aligned, signal } = options;
  const pair = takeBufferPair(size, aligned);
  let [filling, other] = pair;
  let done = 0;
  const submit = () => {
    if (signal?.aborted) {
      throw new BlobcheckError('aborted', 'interrupted', { path, offset: done, cause: signal.reason });
    }
    return done < size ? handle.read(filling, 0, filling.length, done) : null;
  };
  let reading: ReturnType<typeof submit> = null;
  try {
    reading = submit();
    while (reading !== null) {
      const { bytesRead } = await reading.catch((cause: unknown) =>
        locateReadError(handle, path, done, filling, cause),
      );
      const filled = filling.subarray(0, Math.min(bytesRead, size - done));
      if (filled.length === 0) break;
      done += filled.length;
      [filling, other] = [other, filling];
      // Submitted before `take` and without an `await` between: else the hash runs first, and the two never overlap.
      reading = submit();
      take(filled, done);
    }
    return done;
  } finally {
    // `take` may have thrown with a read on its way, which must not fill a buffer that somebody else has by then.
    await reading?.catch(() => {});
    returnBufferPair(pair, aligned);
  }
}
