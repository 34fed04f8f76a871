import { statSync } from 'node:fs';
import { BlobcheckError, systemErrorCode, systemErrorText } from '../errors.js';

/** The path of a firmware that is not there as a regular file, links followed; null where it is. Throws `unreadable`. */
export async function missingFirmware(path: string): Promise<string | null> {
  try {
    return statSync(path).isFile() ? null : path;
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return path;
    throw new BlobcheckError('unreadable', `the firmware cannot be looked at: ${systemErrorText(cause)}`, {
      path,
      cause,
    });
  }
}
