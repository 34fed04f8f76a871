import { mkdtempSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobcheckError, systemErrorText } from '../errors.js';

/** A database of 10,000 snapshots has 10 MiB; this is what we are ready to put into the temporary directory. */
const COPY_LIMIT = 1024n * 1024n * 1024n;

/**
 * Copies a database and its log to a directory that only we can enter, hands the copy to `use`, and removes it again,
 * whatever happens. `use` may keep what it opened: an open file outlives its name.
 */
export async function withPrivateCopy<T>(
  path: string,
  bytes: bigint,
  signal: AbortSignal | undefined,
  use: (copy: string) => T,
): Promise<T> {
  if (bytes > COPY_LIMIT) {
    throw new BlobcheckError('metadata-unreadable', `database and log have ${bytes} bytes, too many to copy`, {
      path,
      hint: 'Any cocoon command folds the log into the database.',
    });
  }
  const directory = makeDirectory(path);
  const removeAtExit = () => rmSync(directory, { recursive: true, force: true });
  // process.exit in the middle of a copy runs no `finally`.
  process.once('exit', removeAtExit);
  try {
    const copy = join(directory, 'meta.db');
    await copyInto(path, copy);
    signal?.throwIfAborted();
    await copyInto(`${path}-wal`, `${copy}-wal`);
    signal?.throwIfAborted();
    return use(copy);
  } finally {
    removeAtExit();
    process.off('exit', removeAtExit);
  }
}

function makeDirectory(path: string): string {
  try {
    return mkdtempSync(join(tmpdir(), 'blobcheck-meta-'));
  } catch (cause) {
    const reason = `cannot make a private directory to copy the database to: ${systemErrorText(cause)}`;
    throw new BlobcheckError('metadata-unreadable', reason, { path, cause });
  }
}

async function copyInto(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (cause) {
    throw new BlobcheckError('metadata-unreadable', `cannot copy it: ${systemErrorText(cause)}`, { path: from, cause });
  }
}
