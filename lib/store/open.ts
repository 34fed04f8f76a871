import { join } from 'node:path';
import { BlobcheckError } from '../errors.js';
import { once } from './answered-once.js';
import { chooseEngine } from './engine.js';
import { IMAGE_TABLES, type ImageRow, rowsOfReference, rowsWithBlob } from './images.js';
import { openJsonTables } from './json-tables.js';
import { DEFAULT_RUN_DIRECTORY } from './layout.js';
import type { StoreLocation } from './location.js';
import type { MetadataTables, Row, RowReader } from './metadata-tables.js';
import {
  cloudImageEntry,
  type ImageEntry,
  ociImageEntry,
  type RecordPlace,
  snapshotRecord,
  type VmRecord,
  vmRecord,
} from './records.js';
import { deletionOf, findId, isPending, nameOf, resolveReference } from './resolve.js';
import { openSqliteTables } from './sqlite-tables.js';
import type { ImageListing, SnapshotListing, Store } from './store.js';

export interface OpenOptions {
  readonly signal?: AbortSignal;
}

/**
 * Opens the metadata of a root for reading; not a byte and not a directory entry of it changes. Close it when done.
 * Throws `BlobcheckError` `metadata-unreadable`, `-newer`, `-converting` or `-ambiguous`.
 */
export async function openStore(location: StoreLocation, options: OpenOptions = {}): Promise<Store> {
  const { root } = location;
  const engine = await chooseEngine(location);
  const tables = engine === 'json' ? await openJsonTables(root) : await openSqliteTables(root, options.signal);
  const snapshotPath = tables.pathOf('snapshots');
  return {
    engine,
    root,
    runDirs: [...new Set([location.runDir ?? DEFAULT_RUN_DIRECTORY, join(root, 'run')])],
    recovered: tables.recovered,
    resolve: (ref) =>
      tables.read(['snapshots', 'names', 'tombstones'], (rows) => resolveReference(rows, ref, snapshotPath)),
    listSnapshots: () => tables.read(['snapshots', 'tombstones'], listSnapshots),
    snapshot: async (id) => {
      const row = await tables.read(['snapshots'], (rows) => rows.get('snapshots', id));
      const place = { path: snapshotPath, what: 'snapshot', id };
      return snapshotRecord(decoded(row, place), place);
    },
    // Thousands of snapshots ask about the same few bases, and each answer means a look at every image.
    imagesByDigest: once((hex) => images(tables, (rows) => rowsWithBlob(rows, hex))),
    image: (ref) => images(tables, (rows) => rowsOfReference(rows, ref)),
    allImages: () => allImages(tables),
    virtualMachines: (ref) => virtualMachines(tables, ref),
    isAsRead: () => tables.areAsRead(),
    close: () => tables.close(),
  };
}

function listSnapshots(rows: RowReader): readonly SnapshotListing[] {
  const list: SnapshotListing[] = [];
  for (const [id, row] of rows.all('snapshots')) {
    const deletion = deletionOf(rows, id);
    // A leased one is rolled back, and the snapshot is as it was.
    list.push({ id, name: nameOf(row), pending: isPending(row), deletion: deletion === 'leased' ? 'none' : deletion });
  }
  return list.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

type FoundImage = ImageRow & { readonly row: Row | null };

async function images(
  tables: MetadataTables,
  select: (rows: RowReader) => readonly ImageRow[],
): Promise<readonly ImageEntry[]> {
  const found = await tables.read(IMAGE_TABLES, (rows) =>
    select(rows).map((image): FoundImage => ({ ...image, row: rows.get(image.table, image.ref) })),
  );
  return await Promise.all(found.map((image) => imageEntry(tables, image)));
}

async function allImages(tables: MetadataTables): Promise<ImageListing> {
  const found = await tables.read(IMAGE_TABLES, (rows) =>
    IMAGE_TABLES.flatMap((table) => [...rows.all(table)].map(([ref, row]): FoundImage => ({ table, ref, row }))),
  );
  const entries: ImageEntry[] = [];
  const unreadable: BlobcheckError[] = [];
  for (const image of found) {
    try {
      entries.push(await imageEntry(tables, image));
    } catch (error) {
      if (!(error instanceof BlobcheckError)) throw error;
      unreadable.push(error);
    }
  }
  return { images: entries, unreadable };
}

async function virtualMachines(tables: MetadataTables, ref: string): Promise<readonly VmRecord[]> {
  const found: VmRecord[] = [];
  for (const hypervisor of ['cloud-hypervisor', 'firecracker'] as const) {
    const [records, names] = [`${hypervisor}-vms`, `${hypervisor}-names`] as const;
    const path = tables.pathOf(records);
    const row = await tables.read([records, names], (rows) => {
      const match = findId(rows, ref, { records, names, what: 'virtual machine', path });
      return match.kind === 'found' ? { id: match.id, row: rows.get(records, match.id) } : null;
    });
    if (row === null) continue;
    const place = { path, what: 'virtual machine', id: row.id };
    found.push(vmRecord(decoded(row.row, place), hypervisor, place));
  }
  return found;
}

async function imageEntry(tables: MetadataTables, { table, ref, row }: FoundImage): Promise<ImageEntry> {
  const place = { path: tables.pathOf(table), what: 'image', id: ref };
  const value = decoded(row, place);
  return table === 'cloud-images' ? cloudImageEntry(value, place) : ociImageEntry(value, place);
}

function decoded(row: Row | null, place: RecordPlace): unknown {
  const of = `the record of ${place.what} ${JSON.stringify(place.id)}`;
  if (row === null) throw new BlobcheckError('changed', `${of} is not there (any more)`, { path: place.path });
  if (row.kind === 'ok') return row.value;
  throw new BlobcheckError('metadata-unreadable', `${of} cannot be decoded: ${row.reason}`, { path: place.path });
}
