import { setImmediate } from 'node:timers/promises';
import type { Readable } from '../file/readable.js';
import { createHasher, type EngineName } from './engine.js';
import { type ReadOverlappedOptions, readOverlapped } from './read-overlapped.js';

export interface HashContentOptions extends ReadOverlappedOptions {
  readonly engine: EngineName;
}

export interface HashedContent {
  /** 64 lower-case hexadecimal digits. */
  readonly digest: string;
  /** Bytes hashed: `size`, unless the file is shorter. */
  readonly bytes: number;
}

/** Bytes hashed without a look at what else this thread has to do: half a millisecond. */
export const PIECE_BYTES = 1024 * 1024;

/** SHA-256 of an open file's first `size` bytes; errors as `readOverlapped`. Progress after every buffer, in bytes. */
export async function hashContent(
  handle: Readable,
  options: HashContentOptions,
  onProgress: (bytesDone: number) => void,
): Promise<HashedContent> {
  const hasher = await createHasher(options.engine);
  const bytes = await readOverlapped(handle, options, async (filled, done) => {
    for (let at = 0; at < filled.length; at += PIECE_BYTES) {
      hasher.update(filled.subarray(at, at + PIECE_BYTES));
      // Whoever else is being judged on this thread, and whoever interrupts, does not wait for 8 MiB at each of its steps.
      await setImmediate();
    }
    onProgress(done);
  });
  return { digest: hasher.digest(), bytes };
}
