import { chmod, lstat, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { syncDirectory } from '../trust/own-directory.js';

/** As cocoon leaves its blobs. */
const BLOB_MODE = 0o444;

/**
 * Renames a file that is flushed and verified over a blob's name: there is no moment at which the name leads to no file
 * if it led to one before. A directory in the blob's place is no file, and goes aside under a name that cocoon's garbage
 * collection leaves alone. Throws system errors; then what stood there stands there still.
 */
export async function putInPlace(candidate: string, path: string): Promise<void> {
  await chmod(candidate, BLOB_MODE);
  if (await isDirectory(path)) await rename(path, await nameAside(path));
  await rename(candidate, path);
  // It is there, and its bytes are flushed: a power cut could undo no more than the name, which the next check would find.
  await syncDirectory(dirname(path)).catch(() => {});
}

async function isDirectory(path: string): Promise<boolean> {
  return (await lookAt(path))?.isDirectory() ?? false;
}

async function nameAside(path: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? `${path}.aside` : `${path}.aside.${number}`;
    if ((await lookAt(name)) === null) return name;
  }
}

async function lookAt(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
