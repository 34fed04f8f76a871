import type { Readable } from '../file/readable.js';
import { BUFFER_BYTES, returnBufferPair, takeBufferPair } from './buffers.js';
import { interruptedError } from './interrupted.js';
import { locateReadError } from './read-error.js';

export interface ReadOverlappedOptions {
  /** Named in errors. */
  readonly path: string;
  /** Bytes to read. What lies behind them is not read: a file that grows as fast as it is read would never end. */
  readonly size: number;
  /** Read into page-aligned memory. */
  readonly aligned: boolean;
  /** Bytes a read at most; default `BUFFER_BYTES`. */
  readonly bufferBytes?: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads a file from its beginning and hands out one buffer while the next is being filled; the bytes are valid until
 * `take` has come to its end. `take` also gets the number of bytes handed out so far. Returns that number at the end,
 * which is less than `size` when the file is shorter. `BlobcheckError` `unreadable` with offset, `aborted` with the signal's reason.
 */
export async function readOverlapped(
  handle: Readable,
  options: ReadOverlappedOptions,
  take: (bytes: Buffer, done: number) => Promise<void>,
): Promise<number> {
  const { path, size, aligned, signal, bufferBytes = BUFFER_BYTES } = options;
  const pair = takeBufferPair(size, aligned, bufferBytes);
  let [filling, other] = pair;
  let done = 0;
  const submit = () => {
    if (signal?.aborted) throw interruptedError(path, done, signal);
    if (done >= size) return null;
    const read = handle.read(filling, 0, filling.length, done);
    // It may fail while `take` is still at work, before anybody waits for it.
    read.catch(() => {});
    return read;
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
      await take(filled, done);
    }
    return done;
  } finally {
    // `take` may have thrown with a read on its way, which must not fill a buffer that somebody else has by then.
    await reading?.catch(() => {});
    returnBufferPair(pair, aligned);
  }
}
