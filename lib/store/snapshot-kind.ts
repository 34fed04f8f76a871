import type { SnapshotRecord } from './records.js';
import type { VmConfig } from './sidecar-shapes.js';
import type { Sidecar } from './sidecars.js';

/** What a clone of a snapshot is made by, and of what: each opens other files. */
export type SnapshotKind = 'cloud-image' | 'oci' | 'firecracker';

/**
 * As cocoon tells them: by the hypervisor of the record, then by whether config.json boots a kernel (cloudhypervisor's
 * isDirectBoot). Where that cannot be read, the record's image type is the next best.
 */
export function snapshotKind({ hypervisor, imageType }: SnapshotRecord, config: Sidecar<VmConfig>): SnapshotKind {
  if (hypervisor === 'firecracker') return 'firecracker';
  const bootsKernel = config.kind === 'ok' ? (config.value.payload?.kernel ?? '') !== '' : imageType === 'oci';
  return bootsKernel ? 'oci' : 'cloud-image';
}

/** The name of the writable disk in a snapshot's directory. */
export const cowName = (kind: SnapshotKind): string => (kind === 'cloud-image' ? 'overlay.qcow2' : 'cow.raw');

/** The file of guest memory that the hypervisor restores. */
export const memoryName = (kind: SnapshotKind): string => (kind === 'firecracker' ? 'mem' : 'memory-ranges');
