import { existsSync } from 'node:fs';
import { BlobcheckError } from '../errors.js';
import type { FileIdentity } from '../file/identity.js';
import { type IndexTables, noRows } from './json-index.js';
import { type IndexFile, isStillIndexFile, readIndexFile } from './json-index-file.js';
import {
  cloudHypervisorIndex,
  cloudImageIndex,
  firecrackerIndex,
  ociImageIndex,
  previousGeneration,
  snapshotIndex,
} from './layout.js';
import type { MetadataTables, Recovery, Row, RowReader, TableName } from './metadata-tables.js';
import { recordRow } from './record-row.js';

const indexOf: Readonly<Record<TableName, (root: string) => string>> = {
  snapshots: snapshotIndex,
  names: snapshotIndex,
  tombstones: snapshotIndex,
  'cloud-images': cloudImageIndex,
  'oci-images': ociImageIndex,
  'cloud-hypervisor-vms': cloudHypervisorIndex,
  'cloud-hypervisor-names': cloudHypervisorIndex,
  'firecracker-vms': firecrackerIndex,
  'firecracker-names': firecrackerIndex,
};
const keyOf: Readonly<Record<TableName, string>> = {
  snapshots: 'snapshots',
  names: 'names',
  tombstones: 'tombstones',
  'cloud-images': 'images',
  'oci-images': 'images',
  'cloud-hypervisor-vms': 'vms',
  'cloud-hypervisor-names': 'names',
  'firecracker-vms': 'vms',
  'firecracker-names': 'names',
};

/** The JSON engine: each index is read once, when something of it is first asked for. */
export async function openJsonTables(root: string): Promise<MetadataTables> {
  const recovered: Recovery[] = [];
  const loading = new Map<string, Promise<IndexTables>>();
  const files = [...new Set(Object.values(indexOf).map((index) => index(root)))];
  const present = new Map(files.map((path) => [path, existsSync(path)]));
  // Of each index that was read; null where there was none.
  const read = new Map<string, FileIdentity | null>();

  const load = (path: string): Promise<IndexTables> => {
    const known = loading.get(path) ?? loadIndex(path, present.get(path) ?? false, recovered, read);
    loading.set(path, known);
    return known;
  };

  return {
    engine: 'json',
    recovered,
    pathOf: (table) => indexOf[table](root),
    async read(tables, use) {
      const loaded = new Map<TableName, IndexTables>();
      for (const table of tables) loaded.set(table, await load(indexOf[table](root)));
      return use(rowsOf(loaded));
    },
    // A previous generation that was read was for want of the one that cocoon is about to write.
    areAsRead: () => recovered.length === 0 && [...read].every(([path, identity]) => isStillIndexFile(path, identity)),
    async close() {
      loading.clear();
    },
  };
}

function rowsOf(loaded: ReadonlyMap<TableName, IndexTables>): RowReader {
  const rows = (table: TableName) => loaded.get(table)?.get(keyOf[table]) ?? noRows;
  function* all(table: TableName): Generator<readonly [id: string, row: Row]> {
    for (const [id, value] of rows(table)) if (value !== null) yield [id, recordRow(value)];
  }
  return {
    get(table, id) {
      const value = rows(table).get(id);
      return value === undefined || value === null ? null : recordRow(value);
    },
    idsWithPrefix(table, prefix, limit) {
      const ids: string[] = [];
      for (const id of rows(table).keys()) {
        if (id.startsWith(prefix)) ids.push(id);
        if (ids.length === limit) break;
      }
      return ids;
    },
    // They are decoded already: looking into each costs less than its text would.
    holding: (table) => all(table),
    all,
  };
}

async function loadIndex(
  path: string,
  wasThere: boolean,
  recovered: Recovery[],
  read: Map<string, FileIdentity | null>,
): Promise<IndexTables> {
  const found = await readIndexFile(path);
  read.set(path, found === null ? null : found.identity);
  if (found === null) {
    // cocoon takes a missing index for an empty one, whatever previous generation may lie there.
    if (!wasThere) return new Map();
    throw new BlobcheckError('metadata-unreadable', 'the index was taken away while it was being read', { path });
  }
  const { decoded } = found;
  if (decoded.kind === 'ok') return decoded.tables;
  // cocoon decodes it, so it does not look for the previous generation.
  if (decoded.kind === 'ambiguous') {
    const reason = `the index can be read in two ways: ${decoded.reason}`;
    throw new BlobcheckError('metadata-unreadable', reason, { path });
  }
  const previous = await previousIndex(path, decoded.reason, decoded.offset);
  recovered.push({ path, reason: decoded.reason });
  return previous;
}

async function previousIndex(path: string, reason: string, offset: number | null): Promise<IndexTables> {
  const previous = previousGeneration(path);
  const because = (why: string, cause?: unknown) =>
    new BlobcheckError('metadata-unreadable', `the index cannot be decoded (${reason}), and ${previous} ${why}`, {
      path,
      ...(offset === null ? {} : { offset }),
      cause,
    });
  let found: IndexFile | null;
  try {
    found = await readIndexFile(previous);
  } catch (error) {
    throw because(`cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (found === null) throw because('is not there');
  if (found.decoded.kind === 'ok') return found.decoded.tables;
  throw because(`neither: ${found.decoded.reason}`);
}
