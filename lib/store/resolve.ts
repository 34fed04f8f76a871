import { BlobcheckError } from '../errors.js';
import type { Row, RowReader, TableName } from './metadata-tables.js';
import type { Resolution } from './store.js';

/** cocoon's shortest prefix, in bytes. */
const SHORTEST_PREFIX = 3;

/** What a reference leads to among the records of one kind, before anybody asks in which state the record is. */
export type FoundId =
  | { readonly kind: 'found'; readonly id: string; readonly by: 'id' | 'name' | 'prefix' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'ambiguous'; readonly ids: readonly string[] };

/** The tables that a kind of thing is looked up in, and how an error calls its names. */
export interface NamedTables {
  readonly records: TableName;
  readonly names: TableName;
  /** For instance `snapshot`. */
  readonly what: string;
  readonly path: string;
}

/** Looks a reference up as cocoon does: exact id, exact name whose id exists, unambiguous id prefix. */
export function findId(rows: RowReader, ref: string, tables: NamedTables): FoundId {
  const { records, names } = tables;
  if (rows.get(records, ref) !== null) return { kind: 'found', id: ref, by: 'id' };
  const named = rows.get(names, ref);
  if (named !== null) {
    const id = nameTarget(named, ref, tables);
    if (rows.get(records, id) !== null) return { kind: 'found', id, by: 'name' };
  }
  if (Buffer.byteLength(ref) < SHORTEST_PREFIX) return { kind: 'not-found' };
  const ids = rows.idsWithPrefix(records, ref, 2);
  if (ids.length > 1) return { kind: 'ambiguous', ids };
  const id = ids[0];
  // A null record takes part in the search by prefix, and then is not there.
  if (id === undefined || rows.get(records, id) === null) return { kind: 'not-found' };
  return { kind: 'found', id, by: 'prefix' };
}

/** Resolves the reference of a snapshot as cocoon does, over all records, pending ones included. */
export function resolveReference(rows: RowReader, ref: string, path: string): Resolution {
  const found = findId(rows, ref, { records: 'snapshots', names: 'names', what: 'snapshot', path });
  if (found.kind === 'found') return judge(rows, found.id, found.by, path);
  return found.kind === 'ambiguous' ? found : { kind: 'not-found', deletingId: null };
}

function judge(rows: RowReader, id: string, by: 'id' | 'name' | 'prefix', path: string): Resolution {
  const deletion = deletionOf(rows, id);
  if (deletion === 'deleting') return { kind: 'not-found', deletingId: id };
  if (deletion === 'unreadable') {
    const reason = `the tombstone of snapshot ${JSON.stringify(id)} cannot be read`;
    throw new BlobcheckError('metadata-unreadable', reason, { path });
  }
  return isPending(rows.get('snapshots', id)) ? { kind: 'pending', id } : { kind: 'found', id, by };
}

export function isPending(row: Row | null): boolean {
  return row?.kind === 'ok' && field(row.value, 'pending') === true;
}

/** The name in a record that nobody validated yet. */
export function nameOf(row: Row): string {
  const name = row.kind === 'ok' ? field(row.value, 'name') : null;
  return typeof name === 'string' ? name : '';
}

/**
 * How far cocoon is with deleting a snapshot: `deleting` is driven to its end by the next cocoon that meets it; `leased`
 * is rolled back, and the snapshot is as it was.
 */
export function deletionOf(rows: RowReader, id: string): 'none' | 'leased' | 'deleting' | 'unreadable' {
  const tombstone = rows.get('tombstones', id);
  if (tombstone === null) return 'none';
  const phase = tombstone.kind === 'ok' ? field(tombstone.value, 'phase') : undefined;
  return phase === 'deleting' || phase === 'leased' ? phase : 'unreadable';
}

function nameTarget(row: Row, name: string, { what, path }: NamedTables): string {
  if (row.kind === 'ok' && typeof row.value === 'string') return row.value;
  throw new BlobcheckError(
    'metadata-unreadable',
    `the entry of the ${what} name ${JSON.stringify(name)} cannot be read: ${row.kind === 'ok' ? 'it is not a string' : row.reason}`,
    { path },
  );
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
