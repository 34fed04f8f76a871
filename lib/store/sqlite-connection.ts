import { pathToFileURL } from 'node:url';
import { BlobcheckError } from '../errors.js';
import type { ReadMode } from './sqlite-files.js';

/** "COCN": what cocoon writes into the header of its database. */
const APPLICATION_ID = 0x434f434e;
/** The schema that we know. */
const SCHEMA_VERSION = 1;
/** The namespaces that we read; cocoon refuses a database in which one of its own has no row in `meta_state`. */
const NAMESPACES = ['snapshots', 'images_cloudimg', 'images_oci', 'vms_cloudhypervisor', 'vms_firecracker'] as const;
/** `initialized` when made fresh, `converted` when taken over from the JSON engine. */
const USABLE_STATES: ReadonlySet<unknown> = new Set(['initialized', 'converted']);

/** What opens databases: loaded by who needs one, because a root of the JSON engine does without. */
export type SqliteLibrary = Pick<typeof import('@photostructure/sqlite'), 'DatabaseSync'>;

/** An open database. */
export interface Connection {
  readonly mode: ReadMode;
  /** What the files looked like just before it was opened. */
  readonly stamp: string;
  /** How the bytes of a text are read. */
  readonly encoding: 'utf-8' | 'utf-16le' | 'utf-16be';
  /** Runs one SELECT and returns its rows, each a list of its columns. A text comes up to its first NUL. */
  select(columns: readonly string[], rest: string): readonly (readonly unknown[])[];
  /** Runs `use` in one read transaction. */
  transaction<T>(use: () => T): T;
  close(): void;
}

/** Opens a database that stands still (`immutable`), or our private copy of it; errors name the database itself. */
export function connect(
  { DatabaseSync }: SqliteLibrary,
  path: string,
  mode: ReadMode,
  stamp: string,
  copy: string = path,
): Connection {
  const address = mode === 'copy' ? copy : `${pathToFileURL(path).href}?immutable=1`;
  const database = new DatabaseSync(address, { readOnly: true });
  // A statement of this library is finalised by the garbage collector, and until then a closed connection keeps its
  // files open. What `exec` runs is finalised at once, so rows come by a function.
  const rows: (readonly unknown[])[] = [];
  database.function('blobcheck_row', { varargs: true, directOnly: true }, (...values: unknown[]) => {
    rows.push(values);
    return null;
  });
  const select = (columns: readonly string[], rest: string) => {
    rows.length = 0;
    database.exec(`SELECT blobcheck_row(${columns.join(', ')}) ${rest}`);
    return [...rows];
  };
  const connectionIn = (encoding: Connection['encoding']): Connection => ({
    mode,
    stamp,
    encoding,
    select,
    transaction(use) {
      database.exec('BEGIN');
      try {
        return use();
      } finally {
        database.exec('ROLLBACK');
      }
    },
    close() {
      database.close();
    },
  });
  try {
    database.exec('PRAGMA trusted_schema = 0');
    // Reads the header; a file that is no database fails here.
    const encoding = String(select(['encoding'], 'FROM pragma_encoding')[0]?.[0]).toLowerCase();
    const connection = connectionIn(encoding as Connection['encoding']);
    connection.transaction(() => checkIdentity(connection, path));
    return connection;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A text for SQL, whatever is in it and whatever encoding the database has; what a NUL would end is put together. */
export function sqlText(value: string): string {
  const parts = value.split('\0').map((part) => `'${part.replaceAll("'", "''")}'`);
  return `(${parts.join(' || char(0) || ')})`;
}

/** The bytes of a text for SQL. */
export const sqlBytes = (value: string): string => `x'${Buffer.from(value, 'utf8').toString('hex')}'`;

function checkIdentity(connection: Connection, path: string): void {
  const one = (column: string, rest: string) => connection.select([column], rest)[0]?.[0];
  const id = one('application_id', 'FROM pragma_application_id');
  if (id !== APPLICATION_ID) {
    const reason = `it is not cocoon's database: its application_id is ${String(id)}, not ${APPLICATION_ID}`;
    throw new BlobcheckError('metadata-unreadable', reason, { path });
  }
  const version = one('user_version', 'FROM pragma_user_version');
  if (typeof version !== 'number' || version > SCHEMA_VERSION) {
    throw new BlobcheckError('metadata-newer', `its schema is version ${String(version)}; we know ${SCHEMA_VERSION}`, {
      path,
      hint: 'A newer cocoon made it: a newer blobcheck is needed.',
    });
  }
  const states = new Map(
    connection.select(['namespace', 'state'], 'FROM meta_state').map(([name, state]) => [name, state]),
  );
  for (const namespace of NAMESPACES) {
    const state = states.get(namespace);
    if (USABLE_STATES.has(state)) continue;
    const found = state === undefined ? 'it is not initialised' : `its state is ${JSON.stringify(state)}`;
    throw new BlobcheckError('metadata-unreadable', `the namespace ${namespace} cannot be read: ${found}`, { path });
  }
}
