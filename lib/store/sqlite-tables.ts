import { accessSync, constants, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobcheckError, systemErrorText } from '../errors.js';
import { databaseFile } from './layout.js';
import type { MetadataTables, RowReader } from './metadata-tables.js';
import { type Connection, connect, type SqliteLibrary } from './sqlite-connection.js';
import { ChangedMeanwhile, withPrivateCopy } from './sqlite-copy.js';
import { lookAtDatabase } from './sqlite-files.js';
import { rowsOfConnection } from './sqlite-rows.js';

/** How often a read is tried at least because the database changed under it, however long one takes. */
const TRIES = 3;
/** Writers rest after milliseconds; a database that does not in this time will not while we wait. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 3;
/** The kernel's time stamps tick every 4 to 10 ms: two changes in one tick cannot be told apart. */
const SETTLED_MS = 12;

/** The sqlite engine. Nothing is written, nothing appears beside the database, and no lock is taken or waited for. */
export async function openSqliteTables(root: string, signal?: AbortSignal): Promise<MetadataTables> {
  const path = resolvedDatabase(databaseFile(root));
  const library = await import('@photostructure/sqlite');
  let connection: Connection | null = null;
  // Before the first read: whatever is read later is no older.
  const { written } = lookAtDatabase(path);
  const disconnect = () => {
    connection?.close();
    connection = null;
  };

  async function read<T>(use: (rows: RowReader) => T): Promise<T> {
    const start = performance.now();
    const isPatient = () => performance.now() - start < PATIENCE_MS;
    for (let tries = 1; ; tries += 1) {
      throwIfAborted(signal, path);
      try {
        const open: Connection = connection ?? (await openDatabase(library, path, signal));
        connection = open;
        const result = attempt(open, path, use);
        if (isUnchanged(open, path)) return settle(result);
        disconnect();
        if (tries >= TRIES && !isPatient()) throw unreadable(path, 'it keeps changing while it is being read');
      } catch (error) {
        disconnect();
        throwIfAborted(signal, path);
        if (!(error instanceof ChangedMeanwhile && isPatient())) throw asUnreadable(error, path);
        await sleep(PAUSE_MS);
      }
    }
  }

  await read(() => undefined);
  return {
    engine: 'sqlite',
    recovered: [],
    pathOf: () => path,
    read: (_tables, use) => read(use),
    areAsRead() {
      try {
        return lookAtDatabase(path).written === written;
      } catch (error) {
        if (error instanceof BlobcheckError) return false;
        throw error;
      }
    },
    async close() {
      disconnect();
    },
  };
}

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** What fails on a database that changed meanwhile says nothing: the error is settled only after the second look. */
function attempt<T>(connection: Connection, path: string, use: (rows: RowReader) => T): Outcome<T> {
  try {
    return { ok: true, value: connection.transaction(() => use(rowsOfConnection(connection, path))) };
  } catch (error) {
    return { ok: false, error };
  }
}

function settle<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw outcome.error;
}

async function openDatabase(
  library: SqliteLibrary,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const { mode, stamp, bytes, age } = lookAtDatabase(path);
  if (mode === 'copy')
    return await withPrivateCopy(path, bytes, signal, (copy) => connect(library, path, mode, stamp, copy));
  if (age >= 0 && age < SETTLED_MS) throw new ChangedMeanwhile();
  try {
    return connect(library, path, mode, stamp);
  } catch (error) {
    if (lookAtDatabase(path).stamp !== stamp) throw new ChangedMeanwhile();
    throw error;
  }
}

/** A copy cannot change; and an idle database has neither changed nor got a log while it was being read. */
function isUnchanged(connection: Connection, path: string): boolean {
  return connection.mode === 'copy' || lookAtDatabase(path).stamp === connection.stamp;
}

function asUnreadable(error: unknown, path: string): BlobcheckError {
  if (error instanceof BlobcheckError) return error;
  if (error instanceof ChangedMeanwhile) return unreadable(path, 'it keeps changing');
  // What sqlite says has its code; anything else is a mistake of ours.
  if (!(error instanceof Error && 'errcode' in error)) throw error;
  return unreadable(path, error.message, error);
}

function unreadable(path: string, reason: string, cause?: unknown): BlobcheckError {
  return new BlobcheckError('metadata-unreadable', `the database cannot be read: ${reason}`, { path, cause });
}

/** sqlite follows a symbolic link, and looks for the log beside what it leads to. */
function resolvedDatabase(path: string): string {
  try {
    const target = realpathSync(path);
    accessSync(target, constants.R_OK);
    return target;
  } catch (error) {
    throw unreadable(path, systemErrorText(error), error);
  }
}

function throwIfAborted(signal: AbortSignal | undefined, path: string): void {
  if (signal?.aborted) throw new BlobcheckError('aborted', 'interrupted', { path, cause: signal.reason });
}
