/** Why a check could not be made, or not to its end; `usage` ends in exit code 2, the others in a finding. */
export type ErrorCode =
  | 'usage'
  | 'metadata-unreadable'
  | 'metadata-newer'
  | 'metadata-converting'
  | 'metadata-ambiguous'
  | 'unreadable'
  | 'changed'
  | 'aborted';

export interface ErrorDetails {
  /** What the person who reads it can do. */
  readonly hint?: string;
  /** The file that the error is about. */
  readonly path?: string;
  /** Byte offset in `path` at which it happened. */
  readonly offset?: number;
  readonly cause?: unknown;
}

/**
 * The one error class of the library: a check could not be made. A check that was made and failed is a finding, never
 * an error.
 */
export class BlobcheckError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | null;
  readonly path: string | null;
  readonly offset: number | null;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'BlobcheckError';
    this.code = code;
    this.hint = details.hint ?? null;
    this.path = details.path ?? null;
    this.offset = details.offset ?? null;
  }
}

/** The `code` of a system error (`ENOENT`, `EACCES`, …), or null for anything else. */
export function systemErrorCode(error: unknown): string | null {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return null;
}

/** Whether the system has refused something (`EIO`, `EMFILE`, `ENOMEM`, …): no mistake of ours, whose errors have codes, too. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return systemErrorCode(error) !== null && error instanceof Error && 'errno' in error && 'syscall' in error;
}

/** A system error in the words of a person: `EACCES: permission denied`, without Node's syscall and path. */
export function systemErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const comma = error.message.indexOf(', ');
  return systemErrorCode(error) !== null && comma > 0 ? error.message.slice(0, comma) : error.message;
}
