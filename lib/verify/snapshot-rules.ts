import { join } from 'node:path';
import type { Finding } from '../finding/finding.js';
import type { DiskReport } from '../report/documents.js';
import type { JsonObject } from '../store/json-shape.js';
import { judgeDirectory } from './rules/directory.js';
import { judgeFirmware } from './rules/firmware.js';
import { judgeMemory } from './rules/memory.js';
import { judgeRawDisk, type RawDiskFacts } from './rules/raw-disk.js';
import { judgeDiskIds, judgeSidecarAgainstConfig } from './rules/sidecar-against-config.js';
import { judgeSidecarJson } from './rules/sidecar-json.js';
import { judgeVmConfig } from './rules/vm-config.js';
import { type DiskFacts, judgeWhichFile, residentName } from './rules/which-file.js';
import type { SnapshotFacts } from './snapshot-facts.js';

/** What is known of files that must be looked at themselves. */
export interface OpenedFacts {
  readonly rawDisks: readonly RawDiskFacts[];
  /** The firmware of this root that config.json names and that is not there; null when it is. */
  readonly missingFirmware: string | null;
}

/** Rules 3 to 8 and 17: everything of a snapshot but its overlay and base. */
export function judgeSnapshotFacts(
  facts: SnapshotFacts,
  opened: OpenedFacts,
  roots: readonly string[],
  allowedSections: readonly string[],
): Finding[] {
  const { directory, listing } = facts;
  return [
    ...judgeDirectory(directory, listing, diskFiles(facts)),
    ...judgeSidecarJson(join(directory, 'cocoon.json'), facts.sidecar),
    ...judgeSidecarJson(join(directory, 'config.json'), facts.config),
    ...judgeSidecarJson(join(directory, 'state.json'), facts.state),
    ...judgeDisks(facts, roots),
    ...judgeConfig(facts, roots, allowedSections),
    ...judgeMemoryFile(facts),
    ...judgeFirmware(opened.missingFirmware),
    ...opened.rawDisks.flatMap(judgeRawDisk),
  ];
}

/** The raw disks of a snapshot, as a report shows them. */
export function ownDisks(facts: SnapshotFacts): DiskReport[] {
  if (facts.sidecar.kind !== 'ok') return [];
  const disks: DiskReport[] = [];
  for (const disk of facts.sidecar.value.storage_configs) {
    const file = residentName(disk);
    if (file === null || (disk.role !== 'data' && disk.role !== 'cidata')) continue;
    const size = sizeOf(facts, file);
    const virtualSize = size === null ? null : Number(size);
    disks.push({ file, role: disk.role, format: 'raw', virtualSize, dirty: null, chain: [] });
  }
  return disks;
}

function judgeDisks(facts: SnapshotFacts, roots: readonly string[]): Finding[] {
  const { sidecar, config, state, record, listing } = facts;
  if (sidecar.kind !== 'ok' || config.kind !== 'ok') return [];
  const disks: DiskFacts = {
    sidecarPath: join(facts.directory, 'cocoon.json'),
    sidecar: sidecar.value.storage_configs,
    config: config.value.disks.map((disk) => ({
      id: disk.id,
      path: disk.path,
      readonly: disk.readonly,
      serial: disk.serial,
      imageType: disk.image_type,
      backingFiles: disk.backing_files,
    })),
    stateIds: state.kind === 'ok' ? [...state.value.disks.keys()] : null,
    kernel: config.value.payload?.kernel ?? '',
    roots,
    names: listing.kind === 'directory' ? listing.entries.map(({ name }) => name) : [],
    imageType: record.imageType ?? '',
    hypervisor: record.hypervisor ?? '',
  };
  return [...judgeWhichFile(disks), ...judgeSidecarAgainstConfig(disks), ...judgeDiskIds(disks)];
}

function judgeConfig(facts: SnapshotFacts, roots: readonly string[], allowedSections: readonly string[]): Finding[] {
  if (facts.config.kind !== 'ok') return [];
  const path = join(facts.directory, 'config.json');
  const config = facts.config.document as JsonObject;
  return judgeVmConfig({ config, path, roots, nics: facts.record.nics, allowedSections });
}

function judgeMemoryFile(facts: SnapshotFacts): Finding[] {
  const { state, config, record } = facts;
  return judgeMemory({
    path: join(facts.directory, 'memory-ranges'),
    bytes: sizeOf(facts, 'memory-ranges'),
    // A state that names no memory is one that names 0 bytes.
    stateBytes: state.kind === 'ok' ? (state.value.memoryBytes ?? 0n) : null,
    configBytes: config.kind === 'ok' ? BigInt(config.value.memory?.size ?? 0) : null,
    recordBytes: BigInt(record.memory),
  });
}

/** Files in the directory that cocoon opens as disks. */
function diskFiles(facts: SnapshotFacts): string[] {
  const listed = facts.sidecar.kind === 'ok' ? facts.sidecar.value.storage_configs : [];
  return ['overlay.qcow2', ...listed.map(residentName).filter((name) => name !== null)];
}

/** Bytes of a regular file in the directory; null where there is none. */
function sizeOf(facts: SnapshotFacts, name: string): bigint | null {
  if (facts.listing.kind !== 'directory') return null;
  return facts.listing.entries.find((entry) => entry.name === name && entry.kind === 'regular')?.size ?? null;
}
