import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { BlobcheckError, systemErrorCode, systemErrorText } from '../errors.js';

/**
 * How a database can be read without changing anything beside it:
 * - `immutable`: no write-ahead log or an empty one, so all there is stands in the database (an idle node);
 * - `copy`: a log, of a live writer or left by a crash. To read it where it is sqlite needs files of its own beside it:
 *   as root it rewrites the log's index, and makes an empty log anew that its last writer has just removed.
 */
export type ReadMode = 'immutable' | 'copy';

export interface DatabaseFiles {
  readonly mode: ReadMode;
  /** Differs when the database changed, or has a log now. */
  readonly stamp: string;
  /** Differs when anything was written, into the database or its log. */
  readonly written: string;
  /** Bytes of the database and its log. */
  readonly bytes: bigint;
  /** Milliseconds since the last change of the database; negative where a clock was set back. */
  readonly age: number;
}

export function lookAtDatabase(path: string): DatabaseFiles {
  const database = look(path);
  if (database === null) {
    throw new BlobcheckError('metadata-unreadable', 'the database is not there any more', { path });
  }
  if (isHot(`${path}-journal`)) {
    throw new BlobcheckError('metadata-unreadable', 'a rollback journal stands beside the database', {
      path: `${path}-journal`,
      hint: 'Any cocoon command rolls the interrupted write back.',
    });
  }
  const log = look(`${path}-wal`);
  const logBytes = log?.size ?? 0n;
  const mode = logBytes === 0n ? 'immutable' : 'copy';
  const stamp = [mode, database.ino, database.size, database.mtimeNs, database.ctimeNs].join(' ');
  return {
    mode,
    stamp,
    // A writer that comes or goes makes or removes an empty log, which is nothing that is written.
    written: logBytes === 0n ? stamp : [stamp, log?.ino, logBytes, log?.mtimeNs, log?.ctimeNs].join(' '),
    bytes: database.size + logBytes,
    age: Date.now() - Number(database.mtimeMs),
  };
}

/** sqlite ends a write by emptying or removing its rollback journal, or by writing zeros over its head (`persist`). */
function isHot(path: string): boolean {
  const size = look(path)?.size ?? 0n;
  if (size === 0n) return false;
  const head = Buffer.alloc(1);
  try {
    const descriptor = openSync(path, 'r');
    try {
      return readSync(descriptor, head, 0, 1, 0) === 1 && head[0] !== 0;
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return false;
    throw new BlobcheckError('metadata-unreadable', `cannot look at it: ${systemErrorText(cause)}`, { path, cause });
  }
}

function look(path: string) {
  try {
    const stats = statSync(path, { bigint: true });
    if (stats.isFile()) return stats;
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return null;
    throw new BlobcheckError('metadata-unreadable', `cannot look at it: ${systemErrorText(cause)}`, { path, cause });
  }
  // sqlite would wait for a pipe's other end, and nobody could interrupt it.
  throw new BlobcheckError('metadata-unreadable', 'not a regular file', { path });
}
