import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobcheckError, systemErrorText } from '../errors.js';
import { cloudImageIndex } from '../store/layout.js';
import type { Store } from '../store/store.js';
import { takeLock } from '../trust/lock.js';

/** Milliseconds to wait for the second lock with the first in hand, before both are given back for others to end. */
const SECOND_LOCK_MS = 5_000;
/** How often that is tried: a pull holds a blob's lock as long as it converts. */
const TRIES = 120;

/**
 * Does `work` under the flock(2) locks that cocoon takes to put a blob in place and to collect it: 0.3 the lock of its
 * image index, 0.6 one beside the blob. Which of them will come next to this root cannot be told, so both are taken; the
 * files stay, as cocoon's own do. Throws `unreadable` when they are not to be had, and `aborted`.
 */
export async function withCocoonLocks<T>(
  store: Pick<Store, 'root' | 'engine'>,
  blobs: string,
  blob: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const index = store.engine === 'json' ? [`${cloudImageIndex(store.root).replace(/\.json$/, '')}.lock`] : [];
  const files = [join(blobs, `${blob}.lock`), ...index];
  for (let tries = 1; ; tries += 1) {
    const held: FileHandle[] = [];
    try {
      const problem = await takeAll(files, held, signal);
      if (problem === null) return await work();
      if (signal?.aborted) throw new BlobcheckError('aborted', 'interrupted');
      if (tries === TRIES) throw new BlobcheckError('unreadable', `cocoon's lock is not to be had: ${problem}`);
    } finally {
      for (const handle of held) await handle.close();
    }
  }
}

async function takeAll(
  files: readonly string[],
  held: FileHandle[],
  signal: AbortSignal | undefined,
): Promise<string | null> {
  for (const path of files) {
    let handle: FileHandle;
    try {
      handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
    } catch (cause) {
      throw new BlobcheckError('unreadable', `cannot be locked: ${systemErrorText(cause)}`, { path, cause });
    }
    held.push(handle);
    const problem = await takeLock(handle, { waitMs: SECOND_LOCK_MS, signal });
    if (problem !== null) return problem;
  }
  return null;
}
