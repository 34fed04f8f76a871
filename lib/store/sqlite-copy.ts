import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobcheckError, systemErrorCode, systemErrorText } from '../errors.js';
import { temporaryPlace } from '../file/temporary-place.js';

/** A database of 10,000 snapshots has 10 MiB; this is what we are ready to put into the temporary directory. */
const COPY_LIMIT = 1024n * 1024n * 1024n;
/** The log's header; its salts change whenever the log is begun anew. */
const LOG_HEADER_BYTES = 32;

/** The files changed between two looks at them; a newer look may find them at rest. */
export class ChangedMeanwhile extends Error {}

/**
 * Copies a database and its log to a directory that only we can enter, hands the copy to `use`, and removes it again,
 * whatever happens. `use` may keep what it opened: an open file outlives its name.
 *
 * Writers need not stop. All that changes in a database comes from its log, which is copied after it, so a page that
 * was caught half written stands whole in the log; and what the log holds past its last whole transaction sqlite does
 * not read. Only a log that was begun anew in between would be another's.
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
    const log = `${path}-wal`;
    const generation = logGeneration(log);
    await copyInto(path, copy);
    signal?.throwIfAborted();
    await copyInto(log, `${copy}-wal`);
    signal?.throwIfAborted();
    if (logGeneration(log) !== generation) throw new ChangedMeanwhile();
    return use(copy);
  } finally {
    removeAtExit();
    process.off('exit', removeAtExit);
  }
}

function logGeneration(log: string): string {
  try {
    const descriptor = openSync(log, 'r');
    try {
      const header = Buffer.alloc(LOG_HEADER_BYTES);
      readSync(descriptor, header, 0, LOG_HEADER_BYTES, 0);
      return `${fstatSync(descriptor).ino} ${header.toString('hex')}`;
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    throw whyNot(log, cause);
  }
}

function makeDirectory(path: string): string {
  try {
    return mkdtempSync(join(temporaryPlace(), 'blobcheck-meta-'));
  } catch (cause) {
    const reason = `cannot make a private directory to copy the database to: ${systemErrorText(cause)}`;
    throw new BlobcheckError('metadata-unreadable', reason, { path, cause });
  }
}

async function copyInto(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (cause) {
    throw whyNot(from, cause);
  }
}

/** What went away meanwhile is a change, everything else is our error. */
function whyNot(path: string, cause: unknown): Error {
  if (systemErrorCode(cause) === 'ENOENT') return new ChangedMeanwhile();
  return new BlobcheckError('metadata-unreadable', `cannot copy it: ${systemErrorText(cause)}`, { path, cause });
}
