/** Changes the metadata of a built root as no cocoon would, in either engine. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { hex, text } from './cocoon-database.js';
import { writeIndex } from './cocoon-root.js';

const tables = {
  snapshots: { database: 'snapshots__records', index: 'snapshot/db/snapshots.json', key: 'snapshots' },
  names: { database: 'snapshots__names', index: 'snapshot/db/snapshots.json', key: 'names' },
  tombstones: { database: 'snapshots__tombstones', index: 'snapshot/db/snapshots.json', key: 'tombstones' },
  'cloud-images': { database: 'images_cloudimg__records', index: 'cloudimg/db/images.json', key: 'images' },
  'cloud-hypervisor-vms': {
    database: 'vms_cloudhypervisor__records',
    index: 'cloudhypervisor/db/vms.json',
    key: 'vms',
  },
  'cloud-hypervisor-names': {
    database: 'vms_cloudhypervisor__names',
    index: 'cloudhypervisor/db/vms.json',
    key: 'names',
  },
  'firecracker-vms': { database: 'vms_firecracker__records', index: 'firecracker/db/vms.json', key: 'vms' },
  'firecracker-names': { database: 'vms_firecracker__names', index: 'firecracker/db/vms.json', key: 'names' },
  'oci-images': { database: 'images_oci__records', index: 'oci/db/images.json', key: 'images' },
} as const;

/** Puts one row in a table, in the place of one of the same id. */
export function putRow(
  root: string,
  engine: 'json' | 'sqlite',
  table: keyof typeof tables,
  id: string,
  value: unknown,
): void {
  const { database, index, key } = tables[table];
  if (engine === 'sqlite') {
    const open = new DatabaseSync(join(root, 'meta/meta.db'));
    // Not prepared: a statement that nobody collected keeps the log beside a closed database, which then is no idle one.
    open.exec(`INSERT OR REPLACE INTO "${database}" VALUES (${text(hex(id))}, ${hex(JSON.stringify(value))})`);
    open.close();
    return;
  }
  const path = join(root, index);
  mkdirSync(dirname(path), { recursive: true });
  const document = documentAt(path);
  document[key] = { ...document[key], [id]: value };
  writeIndex(path, document);
}

function documentAt(path: string): Record<string, Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}
