import { type Finding, finding } from '../../finding/finding.js';
import type { SnapshotKind } from '../../store/snapshot-kind.js';

/** One entry of cocoon.json's `storage_configs`. */
export interface SidecarDisk {
  readonly path: string;
  readonly ro: boolean;
  readonly serial: string;
  readonly role: string;
  readonly fstype: string;
  readonly mount_point: string;
}

/** One entry of config.json's `disks`. */
export interface ConfigDisk {
  readonly id: string;
  readonly path: string;
  readonly readonly: boolean;
  readonly serial: string;
  readonly imageType: string;
  readonly backingFiles: boolean;
}

export interface DiskFacts {
  /** Path of cocoon.json, for the findings. */
  readonly sidecarPath: string;
  readonly kind: SnapshotKind;
  readonly sidecar: readonly SidecarDisk[];
  /** Empty for Firecracker, which has no config.json. */
  readonly config: readonly ConfigDisk[];
  /** Every spelling of this cocoon root: as given, with links resolved, as the record spells it. */
  readonly roots: readonly string[];
  /** Where virtual machines of this root have their run directories. */
  readonly runDirs: readonly string[];
  /** Ids of the devices with sectors in state.json; null when it cannot be read. */
  readonly stateIds: readonly string[] | null;
  /** The names in the snapshot's directory. */
  readonly names: readonly string[];
  /** The record's `image_type` and `hypervisor`; empty in records made before they were kept. */
  readonly imageType: string;
  readonly hypervisor: string;
}

/** A finding about what cocoon.json says of the disks. */
export function mismatch(
  facts: DiskFacts,
  message: string,
  values: { readonly expected: string; readonly actual: string },
  expectedFrom: string,
): Finding {
  return finding('sidecar-mismatch', message, {
    subject: facts.sidecarPath,
    ...values,
    expectedFrom,
  });
}
