import { BlobcheckError, type ErrorCode, isSystemError, systemErrorText } from '../errors.js';
import type { FindingCode } from '../finding/catalogue.js';
import { type Finding, finding } from '../finding/finding.js';

/** What could not be checked, as the finding that says so. Usage errors and interruptions are no findings. */
const codes: Readonly<Record<Exclude<ErrorCode, 'usage' | 'aborted'>, FindingCode>> = {
  'metadata-unreadable': 'metadata-unreadable',
  'metadata-newer': 'metadata-newer',
  'metadata-converting': 'metadata-converting',
  'metadata-ambiguous': 'metadata-ambiguous',
  unreadable: 'file-unreadable',
  changed: 'file-changed',
};

/**
 * Turns an error of a check into its finding: one that we have named, or one of the system's in the middle of it (a disk
 * that fails, too many open files, no memory for a process). Anything else is thrown on.
 */
export function errorFinding(error: unknown, subject: string | null = null): Finding {
  if (isSystemError(error)) {
    const message = `it cannot be checked: ${systemErrorText(error)} (${error.syscall})`;
    return finding('file-unreadable', message, { subject: error.path ?? subject });
  }
  if (!(error instanceof BlobcheckError) || error.code === 'usage' || error.code === 'aborted') throw error;
  return finding(codes[error.code], error.message, {
    subject: error.path ?? subject,
    remedy: error.hint,
  });
}
