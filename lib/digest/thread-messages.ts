import { BlobcheckError, type ErrorCode, systemErrorCode } from '../errors.js';
import type { HashContentOptions, HashedContent } from './hash-content.js';

/** What a thread is asked: to hash a descriptor of the process, which stays open until it has answered. */
export interface ThreadJob extends Omit<HashContentOptions, 'signal'> {
  readonly fd: number;
}

/** To the thread; `interrupt` ends its job with `aborted`. */
export type ThreadRequest = ThreadJob | 'interrupt';

/** From the thread: progress any number of times, then one of the others. */
export type ThreadMessage =
  | { readonly kind: 'progress'; readonly bytesDone: number }
  | { readonly kind: 'hashed'; readonly content: HashedContent }
  | { readonly kind: 'error'; readonly error: PlainError }
  /** Something that no file is to blame for. */
  | { readonly kind: 'failed' };

/** A `BlobcheckError` on its way: a clone of an error has neither its class nor the fields of ours. */
export interface PlainError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path: string | null;
  readonly offset: number | null;
  readonly cause: { readonly message: string; readonly code: string | null } | null;
}

export function plainError(error: BlobcheckError): PlainError {
  const { code, message, path, offset, cause } = error;
  const plainCause = cause instanceof Error ? { message: cause.message, code: systemErrorCode(cause) } : null;
  return { code, message, path, offset, cause: plainCause };
}

export function errorOf({ code, message, path, offset, cause }: PlainError): BlobcheckError {
  return new BlobcheckError(code, message, {
    ...(path === null ? {} : { path }),
    ...(offset === null ? {} : { offset }),
    ...(cause === null ? {} : { cause: causeOf(cause) }),
  });
}

function causeOf({ message, code }: NonNullable<PlainError['cause']>): Error {
  return code === null ? new Error(message) : Object.assign(new Error(message), { code });
}
