import { statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { BlobcheckError, systemErrorCode, systemErrorText } from '../errors.js';

/**
 * How a database can be read without changing anything beside it:
 * - `immutable`: no write-ahead log or an empty one, so all there is stands in the database (an idle node);
 * - `live`: a log with its index (`-shm`), which a writer keeps, or left when it was killed;
 * - `copy`: a log without its index (a crash). sqlite would have to make one: only in a copy.
 */
export type ReadMode = 'immutable' | 'live' | 'copy';

export interface DatabaseFiles {
  readonly mode: ReadMode;
  /** Differs when the database, or in mode `immutable` its log, changed. */
  readonly stamp: string;
  /** Bytes of the database and its log. */
  readonly bytes: bigint;
}

/**
 * Looks at a database and what stands beside it. Synchronous, so that no time passes between the look and the open:
 * a log that its last writer removes in between would be made anew by sqlite.
 */
export function lookAtDatabase(path: string): DatabaseFiles {
  const database = look(path);
  if (database === null)
    throw new BlobcheckError('metadata-unreadable', 'the database is not there any more', { path });
  if ((look(`${path}-journal`)?.size ?? 0n) > 0n) {
    throw new BlobcheckError('metadata-unreadable', 'a rollback journal stands beside the database', {
      path: `${path}-journal`,
      hint: 'Any cocoon command rolls the interrupted write back.',
    });
  }
  const wal = look(`${path}-wal`);
  const stamp = `${database.ino} ${database.size} ${database.mtimeNs} ${database.ctimeNs}`;
  if (wal === null || wal.size === 0n) return { mode: 'immutable', stamp: `${stamp} idle`, bytes: database.size };
  const bytes = database.size + wal.size;
  if (look(`${path}-shm`) !== null) return { mode: 'live', stamp, bytes };
  return { mode: 'copy', stamp: `${stamp} ${wal.ino} ${wal.size} ${wal.mtimeNs} ${wal.ctimeNs}`, bytes };
}

/**
 * The address that opens a database read-only in a mode. With `readonly_shm` not even the log's index is written to,
 * which sqlite's `mode=ro` does as root; after a kill it reads the log by itself.
 */
export function databaseAddress(path: string, mode: Exclude<ReadMode, 'copy'>): string {
  return `${pathToFileURL(path).href}?${mode === 'immutable' ? 'immutable=1' : 'mode=ro&readonly_shm=1'}`;
}

function look(path: string) {
  try {
    return statSync(path, { bigint: true });
  } catch (cause) {
    if (systemErrorCode(cause) === 'ENOENT') return null;
    throw new BlobcheckError('metadata-unreadable', `cannot look at it: ${systemErrorText(cause)}`, { path, cause });
  }
}
