import { BlobcheckError } from '../errors.js';
import type { Row, RowReader } from './metadata-tables.js';
import type { Resolution } from './store.js';

/** cocoon's shortest prefix, in bytes. */
const SHORTEST_PREFIX = 3;

/**
 * Resolves a reference as cocoon does: exact id, exact name whose id exists, unambiguous id prefix; over all records,
 * pending ones included.
 */
export function resolveReference(rows: RowReader, ref: string, path: string): Resolution {
  if (rows.get('snapshots', ref) !== null) return judge(rows, ref, 'id', path);
  const named = rows.get('names', ref);
  if (named !== null) {
    const id = nameTarget(named, ref, path);
    if (rows.get('snapshots', id) !== null) return judge(rows, id, 'name', path);
  }
  if (Buffer.byteLength(ref) < SHORTEST_PREFIX) return { kind: 'not-found', deletingId: null };
  const ids = rows.idsWithPrefix('snapshots', ref, 2);
  if (ids.length > 1) return { kind: 'ambiguous', ids };
  const id = ids[0];
  // A null record takes part in the search by prefix, and then is not there.
  if (id === undefined || rows.get('snapshots', id) === null) return { kind: 'not-found', deletingId: null };
  return judge(rows, id, 'prefix', path);
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

function nameTarget(row: Row, name: string, path: string): string {
  if (row.kind === 'ok' && typeof row.value === 'string') return row.value;
  throw new BlobcheckError(
    'metadata-unreadable',
    `the entry of the snapshot name ${JSON.stringify(name)} cannot be read: ${row.kind === 'ok' ? 'it is not a string' : row.reason}`,
    { path },
  );
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
