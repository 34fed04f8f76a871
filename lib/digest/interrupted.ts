import { BlobcheckError } from '../errors.js';

/** What a read ends in after its signal; `offset` is the byte that would have been next. */
export function interruptedError(path: string, offset: number, signal: AbortSignal): BlobcheckError {
  return new BlobcheckError('aborted', 'interrupted', { path, offset, cause: signal.reason });
}
