import { readdir } from 'node:fs/promises';
import { BlobcheckError, systemErrorCode, systemErrorText } from '../errors.js';

const blobFile = /^([0-9a-f]{64})\.qcow2$/;

/**
 * The digests of all `<digest>.qcow2` names in a directory of blobs, sorted; a directory that is not there has none.
 * What stands at each name is not looked at. Throws `unreadable`.
 */
export async function listBlobs(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory);
    return names
      .map((name) => blobFile.exec(name)?.[1])
      .filter((blob) => blob !== undefined)
      .sort();
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return [];
    const reason = `the directory of the blobs cannot be read: ${systemErrorText(cause)}`;
    throw new BlobcheckError('unreadable', reason, { path: directory, cause });
  }
}
