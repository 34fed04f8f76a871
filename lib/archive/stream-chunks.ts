import { BlobcheckError, systemErrorText } from '../errors.js';
import type { Watch } from './file-source.js';

export interface StreamOptions {
  /** Named in errors. */
  readonly name: string;
  readonly signal: AbortSignal | undefined;
  readonly watch: Watch;
}

/**
 * The chunks of somebody's stream, which is destroyed when it is left before its end. `BlobcheckError` `unreadable` with
 * the offset when it fails, `aborted` also while nothing comes.
 */
export async function* streamChunks(
  stream: AsyncIterable<Uint8Array>,
  { name, signal, watch }: StreamOptions,
): AsyncGenerator<Buffer, void> {
  const iterator = stream[Symbol.asyncIterator]();
  let received = 0;
  try {
    for (;;) {
      watch(received);
      const next = iterator.next().catch((cause: unknown) => {
        const message = `cannot read at byte ${received}: ${systemErrorText(cause)}`;
        throw new BlobcheckError('unreadable', message, { path: name, offset: received, cause });
      });
      const step = await unlessAborted(next, signal, () => watch(received));
      if (step.done === true) return;
      const { buffer, byteOffset, byteLength } = step.value;
      received += byteLength;
      yield Buffer.from(buffer, byteOffset, byteLength);
    }
  } finally {
    leaveStream(stream, iterator);
  }
}

/** Waits for a chunk, or for the signal: a pipe whose writer has stopped delivers nothing for ever. */
function unlessAborted<T>(next: Promise<T>, signal: AbortSignal | undefined, aborted: () => void): Promise<T> {
  if (signal === undefined) return next;
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      try {
        aborted();
      } catch (error) {
        reject(error);
      }
    };
    signal.addEventListener('abort', onAbort, { once: true });
    // Taken off again each time: a signal outlives many archives.
    next.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Not waited for: an iterator with a chunk on its way would wait for that first. */
export function leaveStream(stream: AsyncIterable<Uint8Array>, iterator: AsyncIterator<Uint8Array>): void {
  if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy();
  iterator.return?.().catch(() => {});
}
