import { join } from 'node:path';
import type { Finding } from '../finding/finding.js';
import type { DiskReport } from '../report/documents.js';
import type { JsonObject } from '../store/json-shape.js';
import { cowName, memoryName } from '../store/snapshot-kind.js';
import { judgeBootFiles } from './rules/boot-files.js';
import { judgeDirectory } from './rules/directory.js';
import type { DiskFacts } from './rules/disk-facts.js';
import { judgeFirmware } from './rules/firmware.js';
import { judgeMemory } from './rules/memory.js';
import { judgeRawDisk, type RawDiskFacts } from './rules/raw-disk.js';
import { judgeDiskIds, judgeSidecarAgainstConfig } from './rules/sidecar-against-config.js';
import { judgeSidecarJson } from './rules/sidecar-json.js';
import { judgeVmConfig } from './rules/vm-config.js';
import { judgeVmState } from './rules/vmstate.js';
import { judgeWhichFile, residentName } from './rules/which-file.js';
import type { SnapshotFacts } from './snapshot-facts.js';

/** Where this root is, and where its virtual machines run. */
export interface RootFacts {
  /** Every spelling of the root (`rootSpellings`). */
  readonly roots: readonly string[];
  readonly runDirs: readonly string[];
}

/** What is known of files that must be looked at themselves. */
export interface OpenedFacts {
  readonly rawDisks: readonly RawDiskFacts[];
  /** The firmware of this root that config.json names and that is not there; null when it is. */
  readonly missingFirmware: string | null;
}

/** Rules 3 to 8 and 17: everything of a snapshot but its overlay and what it stands on. */
export function judgeSnapshotFacts(
  facts: SnapshotFacts,
  opened: OpenedFacts,
  place: RootFacts,
  allowedSections: readonly string[],
): Finding[] {
  const { directory, listing, kind } = facts;
  return [
    ...judgeDirectory(directory, listing, { kind, diskFiles: diskFiles(facts) }),
    ...judgeSidecarJson(join(directory, 'cocoon.json'), facts.sidecar),
    ...judgeSidecarJson(join(directory, 'config.json'), facts.config),
    ...judgeSidecarJson(join(directory, 'state.json'), facts.state),
    ...judgeDisks(facts, place),
    ...judgeBoot(facts, place),
    ...judgeState(facts),
    ...judgeConfig(facts, place, allowedSections),
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
    const file = residentName(disk, facts.kind);
    const { role } = disk;
    if (file === null || file === 'overlay.qcow2' || !(role === 'cow' || role === 'data' || role === 'cidata'))
      continue;
    const size = sizeOf(facts, file);
    const virtualSize = size === null ? null : Number(size);
    disks.push({ file, role, format: 'raw', virtualSize, dirty: null, chain: [] });
  }
  return disks;
}

function judgeDisks(facts: SnapshotFacts, { roots, runDirs }: RootFacts): Finding[] {
  const { kind, sidecar, config, state, record, listing } = facts;
  if (sidecar.kind !== 'ok' || (kind !== 'firecracker' && config.kind !== 'ok')) return [];
  const disks: DiskFacts = {
    sidecarPath: join(facts.directory, 'cocoon.json'),
    kind,
    sidecar: sidecar.value.storage_configs,
    config: (config.kind === 'ok' ? config.value.disks : []).map((disk) => ({
      id: disk.id,
      path: disk.path,
      readonly: disk.readonly,
      serial: disk.serial,
      imageType: disk.image_type,
      backingFiles: disk.backing_files,
    })),
    stateIds: state.kind === 'ok' ? [...state.value.disks.keys()] : null,
    roots,
    runDirs,
    names: listing.kind === 'directory' ? listing.entries.map(({ name }) => name) : [],
    imageType: record.imageType ?? '',
    hypervisor: record.hypervisor ?? '',
  };
  // Firecracker's second witness is vmstate.
  if (kind === 'firecracker') return judgeWhichFile(disks);
  return [...judgeWhichFile(disks), ...judgeSidecarAgainstConfig(disks), ...judgeDiskIds(disks)];
}

function judgeBoot({ kind, directory, sidecar, config }: SnapshotFacts, { roots }: RootFacts): Finding[] {
  if (sidecar.kind !== 'ok' || kind === 'cloud-image') return [];
  const payload = config.kind === 'ok' ? config.value.payload : null;
  return judgeBootFiles({
    sidecarPath: join(directory, 'cocoon.json'),
    roots,
    sidecar: sidecar.value.boot_config,
    config: payload && { kernel: payload.kernel, initrd: payload.initramfs },
  });
}

function judgeState({ kind, directory, sidecar, vmState, record }: SnapshotFacts): Finding[] {
  if (kind !== 'firecracker' || sidecar.kind !== 'ok') return [];
  const { storage_configs: disks, boot_config: boot, cpu, memory } = sidecar.value;
  return judgeVmState({
    path: join(directory, 'vmstate'),
    facts: vmState,
    disks,
    kernel: boot?.kernel_path ?? '',
    initrd: boot?.initrd_path ?? '',
    cpu,
    nics: record.nics,
    memory: BigInt(memory),
  });
}

function judgeConfig(facts: SnapshotFacts, { roots }: RootFacts, allowedSections: readonly string[]): Finding[] {
  if (facts.config.kind !== 'ok') return [];
  const path = join(facts.directory, 'config.json');
  const config = facts.config.document as JsonObject;
  return judgeVmConfig({ config, path, roots, nics: facts.record.nics, allowedSections });
}

function judgeMemoryFile(facts: SnapshotFacts): Finding[] {
  const { kind, state, config, sidecar, record } = facts;
  const name = memoryName(kind);
  const of = {
    path: join(facts.directory, name),
    bytes: sizeOf(facts, name),
    recordBytes: BigInt(record.memory),
  };
  if (kind === 'firecracker') {
    // It cannot be given more memory than it was saved with.
    const sidecarBytes = sidecar.kind === 'ok' ? BigInt(sidecar.value.memory) : null;
    const witnesses = { state: 'cocoon.json', config: 'cocoon.json' };
    return judgeMemory({ ...of, stateBytes: sidecarBytes, configBytes: sidecarBytes, witnesses });
  }
  return judgeMemory({
    ...of,
    // A state that names no memory is one that names 0 bytes.
    stateBytes: state.kind === 'ok' ? (state.value.memoryBytes ?? 0n) : null,
    configBytes: config.kind === 'ok' ? BigInt(config.value.memory?.size ?? 0) : null,
    witnesses: { state: 'state.json', config: 'config.json' },
  });
}

/** Files in the directory that cocoon opens as disks. */
function diskFiles(facts: SnapshotFacts): string[] {
  const listed = facts.sidecar.kind === 'ok' ? facts.sidecar.value.storage_configs : [];
  const names = listed.map((disk) => residentName(disk, facts.kind)).filter((name) => name !== null);
  return [cowName(facts.kind), ...names];
}

/** Bytes of a regular file in the directory; null where there is none. */
function sizeOf(facts: SnapshotFacts, name: string): bigint | null {
  if (facts.listing.kind !== 'directory') return null;
  return facts.listing.entries.find((entry) => entry.name === name && entry.kind === 'regular')?.size ?? null;
}
