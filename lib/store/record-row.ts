import { foldKey } from './json-shape.js';
import type { Row } from './metadata-tables.js';

/** Every key that cocoon 0.3 to 0.6 reads of a record, at whatever depth: of snapshots, images, machines, tombstones. */
const KEYS: ReadonlySet<string> = new Set([
  ...['id', 'name', 'description', 'hypervisor', 'cpu', 'memory', 'storage', 'nics', 'queue_size', 'disk_queue_size'],
  ...['image', 'image_digest', 'image_type', 'image_blob_ids', 'network', 'no_direct_io', 'windows'],
  ...['created_at', 'pending', 'data_dir', 'size_bytes', 'last_accessed_at', 'phase'],
  ...['ref', 'content_sum', 'size', 'manifest_digest', 'layers', 'digest', 'kernel_layer', 'initrd_layer'],
  ...['storage_configs', 'path', 'ro', 'serial', 'role', 'mount_point', 'fstype', 'direct_io'],
  ...['boot_config', 'kernel_path', 'initrd_path', 'cmdline', 'firmware_path', 'config', 'run_dir', 'state'],
]);

/** What a key has that Go folds onto one of these. */
const FOLDS = /[A-Z\u017f\u212a]/;

/**
 * A row with a value; undecodable where cocoon takes one of its keys for another: Go compares keys without regard to case
 * and takes the last, JavaScript exact keys, so `{"data_dir": A, "Data_Dir": B}` is two directories.
 */
export function recordRow(value: unknown): Row {
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    if (!Array.isArray(next)) {
      for (const key of Object.keys(next)) {
        if (!FOLDS.test(key) || !KEYS.has(foldKey(key))) continue;
        return { kind: 'undecodable', reason: `Go takes the key ${JSON.stringify(key)} for "${foldKey(key)}"` };
      }
    }
    for (const inner of Object.values(next)) if (typeof inner === 'object' && inner !== null) open.push(inner);
  }
  return { kind: 'ok', value };
}
