import { constants } from 'node:fs';
import { chmod, mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { syncDirectory } from '../trust/own-directory.js';

/**
 * Writes a file that everybody may read and only root write, so that a kill or a power cut leaves the old one or the
 * new one; missing directories are made. Throws system errors.
 */
export async function putFile(path: string, text: string): Promise<void> {
  await makeDirectories(dirname(path));
  const temporary = temporaryOf(path);
  await rm(temporary, { force: true });
  const handle = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    try {
      await handle.writeFile(text);
      await handle.chmod(0o644);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncDirectory(dirname(path));
}

/**
 * Removes a file for good, what a killed `putFile` left of it, and its directory where nothing else is in it. Throws
 * system errors.
 */
export async function takeFile(path: string): Promise<void> {
  const directory = dirname(path);
  try {
    for (const name of [path, temporaryOf(path)]) await rm(name, { force: true });
    await syncDirectory(directory);
    await rmdir(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EBUSY'].includes(systemErrorCode(error) ?? '')) throw error;
  }
}

/** Always the same, so that the next run finds what a killed one left; neither systemd nor the hook reads such a name. */
function temporaryOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.blobcheck-new`);
}

async function makeDirectories(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o755 });
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return;
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    await makeDirectories(dirname(path));
    await makeDirectories(path);
    return;
  }
  // A umask of 077 would hide it from services that are not root's.
  await chmod(path, 0o755);
  await syncDirectory(dirname(path));
}
