import type { GoSnapshotIndex } from '../../differential/go-reading.js';
import type { DeniedNode } from '../inputs/denied-node.js';

/** Whether cocoon, too, would clone the healthy files for this reference: the check that an allow must agree with. */
export function isHealthyTo(index: GoSnapshotIndex, ref: string, node: DeniedNode): boolean {
  const { snapshots: records, names } = index;
  const named = names.get(ref);
  const prefixed = ref.length < 3 ? [] : [...records.keys()].filter((id) => id.startsWith(ref));
  const byName = named !== undefined && records.get(named) ? named : undefined;
  const id = records.get(ref) ? ref : (byName ?? (prefixed.length === 1 ? prefixed[0] : undefined));
  const record = id === undefined ? undefined : records.get(id);
  if (id === undefined || !record || record.pending || index.tombstones.get(id) === 'deleting') return false;
  return (
    node.directories.has(record.dataDir) &&
    ['', `sha256:${node.base}`].includes(record.imageDigest) &&
    ['', 'cloudimg'].includes(record.imageType) &&
    ['', 'cloud-hypervisor'].includes(record.hypervisor) &&
    record.memory === node.memory
  );
}
