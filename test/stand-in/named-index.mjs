/** The indexes of snapshots and of VMs: records by id, ids by name. */
import { Failure } from './failure.mjs';
import { indexFile } from './index-file.mjs';
import { shaped, sorted } from './json.mjs';
import { layoutOf } from './layout.mjs';

const LEAST_PREFIX = 3;

const config = [
  'cpu?',
  'memory?',
  'storage?',
  'queue_size?',
  'disk_queue_size?',
  'image?',
  'image_digest?',
  'image_type?',
  'network?',
  'no_direct_io?',
  'windows?',
];

export const vmConfig = (source) => shaped([...config, 'name'], source);

const snapshotConfigFields = [...config, 'id?', 'name', 'description?', 'image_blob_ids?', 'hypervisor?', 'nics?'];

export const snapshotConfig = (source) => shaped(snapshotConfigFields, source);
export const publicSnapshot = (source) => shaped([...snapshotConfigFields, 'created_at'], source);
const snapshotRecord = (source) => shaped([...snapshotConfigFields, 'created_at', 'pending?', 'data_dir?'], source);

const vmFields = [
  'id',
  'hypervisor?',
  'state',
  'config',
  'pid',
  'socket_path?',
  'network_configs?',
  'storage_configs?',
  'first_booted',
  'snapshot_ids?',
  'created_at',
  'updated_at',
  'started_at?',
  'stopped_at?',
];
const zeros = { pid: 0, first_booted: false };

export const publicVm = (source) => shaped(vmFields, { ...source, config: vmConfig(source.config) }, zeros);

export function vmRecord(source) {
  const more = shaped(['boot_config?', 'image_blob_ids?', 'run_dir?', 'log_dir?'], source);
  return { ...publicVm(source), ...more };
}

export function snapshotIndex(conf) {
  const shape = shapeOf('snapshots', snapshotRecord);
  return indexFile({ ...layoutOf(conf).snapshots, shape, goType: 'snapshot.SnapshotIndex' });
}

export function vmIndex(conf, place = layoutOf(conf).vms) {
  return indexFile({ ...place, shape: shapeOf('vms', vmRecord), goType: 'hypervisor.VMIndex' });
}

function shapeOf(table, shapeRecord) {
  return (document) => {
    const records = {};
    for (const [id, record] of Object.entries(document?.[table] ?? {})) {
      records[id] = record === null ? null : shapeRecord(record);
    }
    return { [table]: sorted(records), names: sorted(document?.names ?? {}) };
  };
}

/** Puts a record in, in the order that a Go map is written. */
export function put(index, table, id, record) {
  index[table] = sorted({ ...index[table], [id]: record });
  index.names = sorted(index.names);
}

/** The id that a word means: itself, a name, or three letters or more that only one begins with. */
export function resolve(records, names, word, notFound) {
  if (records[word]) return word;
  if (Object.hasOwn(names, word) && records[names[word]]) return names[word];
  if (word.length >= LEAST_PREFIX) {
    const ids = Object.keys(records).filter((id) => id.startsWith(word));
    if (ids.length > 1) throw new Failure(`ambiguous ref ${JSON.stringify(word)}: multiple matches`);
    if (ids.length === 1) return ids[0];
  }
  throw new Failure(notFound);
}

export const NO_SNAPSHOT = 'snapshot not found';
export const NO_VM = 'VM not found';

/** A snapshot that is whole. */
export function findSnapshot(index, word) {
  const record = index.snapshots[resolve(index.snapshots, index.names, word, NO_SNAPSHOT)];
  if (record === null || record.pending) throw new Failure(NO_SNAPSHOT);
  return record;
}
