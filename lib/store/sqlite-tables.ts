import { accessSync, constants, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlobcheckError, systemErrorText } from '../errors.js';
import { databaseFile } from './layout.js';
import type { MetadataTables, RowReader } from './metadata-tables.js';
import { type Connection, connect } from './sqlite-connection.js';
import { withPrivateCopy } from './sqlite-copy.js';
import { lookAtDatabase, type ReadMode } from './sqlite-files.js';
import { rowsOfConnection } from './sqlite-rows.js';

/**
 * How often a read is tried again because the database changed under it. An idle database that keeps changing is none;
 * under a live one a burst of clones folds the log many times a second, and a look-up takes one or two milliseconds.
 */
const TRIES: Readonly<Record<ReadMode, number>> = { immutable: 3, copy: 3, live: 20 };
/** A writer holds the database for milliseconds; who holds it this long will not let go while we wait. */
const LOCKED_LIMIT_MS = 2000;
const LOCKED_PAUSE_MS = 10;

/** SQLITE_BUSY, LOCKED, READONLY (the log's index is being made), CANTOPEN (the log went away), PROTOCOL. */
const PASSING: ReadonlySet<number> = new Set([5, 6, 8, 14, 15]);

/** The sqlite engine, read as rule 2 has it: nothing is written, and nothing appears beside the database. */
export async function openSqliteTables(root: string, signal?: AbortSignal): Promise<MetadataTables> {
  const path = resolvedDatabase(databaseFile(root));
  let connection: Connection | null = null;
  const disconnect = () => {
    connection?.close();
    connection = null;
  };

  async function read<T>(use: (rows: RowReader) => T): Promise<T> {
    const start = performance.now();
    for (let tries = 1; ; tries += 1) {
      throwIfAborted(signal, path);
      let mode: ReadMode = 'live';
      try {
        const open: Connection = connection ?? (await openDatabase(path, signal));
        connection = open;
        mode = open.mode;
        const result = attempt(open, use);
        if (isUnchanged(open, path)) return settle(result);
        disconnect();
        if (tries >= TRIES[mode]) throw unreadable(path, 'it keeps changing while it is being read');
      } catch (error) {
        disconnect();
        if (!isPassing(error)) throw asUnreadable(error, path);
        if (performance.now() - start > LOCKED_LIMIT_MS) throw asUnreadable(error, path);
        await sleep(LOCKED_PAUSE_MS);
      }
    }
  }

  await read(() => undefined);
  return {
    engine: 'sqlite',
    recovered: [],
    pathOf: () => path,
    read: (_tables, use) => read(use),
    async close() {
      disconnect();
    },
  };
}

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** What fails on a database that changed meanwhile says nothing: the error is settled only after the second look. */
function attempt<T>(connection: Connection, use: (rows: RowReader) => T): Outcome<T> {
  try {
    return { ok: true, value: connection.transaction(() => use(rowsOfConnection(connection))) };
  } catch (error) {
    return { ok: false, error };
  }
}

function settle<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw outcome.error;
}

async function openDatabase(path: string, signal: AbortSignal | undefined): Promise<Connection> {
  const files = lookAtDatabase(path);
  if (files.mode !== 'copy') return connect(path, files.mode, files.stamp);
  return await withPrivateCopy(path, files.bytes, signal, (copy) => {
    if (lookAtDatabase(path).stamp !== files.stamp) throw new ChangedMeanwhile();
    return connect(copy, 'copy', files.stamp);
  });
}

/**
 * Live, too: after a kill nobody's lock keeps our generation, and the next cocoon to start may fold the log into the
 * database under us.
 */
function isUnchanged(connection: Connection, path: string): boolean {
  return connection.mode === 'copy' || lookAtDatabase(path).stamp === connection.stamp;
}

class ChangedMeanwhile extends Error {}

function isPassing(error: unknown): boolean {
  if (error instanceof ChangedMeanwhile) return true;
  const code = sqliteCode(error);
  return code !== null && PASSING.has(code & 0xff);
}

function sqliteCode(error: unknown): number | null {
  if (error instanceof Error && 'errcode' in error && typeof error.errcode === 'number') return error.errcode;
  return null;
}

function asUnreadable(error: unknown, path: string): BlobcheckError {
  if (error instanceof BlobcheckError) return error;
  if (error instanceof ChangedMeanwhile) return unreadable(path, 'it keeps changing while it is being copied');
  if (sqliteCode(error) === null) throw error;
  return unreadable(path, error instanceof Error ? error.message : String(error), error);
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
