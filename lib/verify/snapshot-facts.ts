import { join } from 'node:path';
import { BlobcheckError, systemErrorText } from '../errors.js';
import { openRegular } from '../file/open-regular.js';
import { readAtOf } from '../file/read-at.js';
import type { Finding } from '../finding/finding.js';
import type { MachineState } from '../store/machine-state.js';
import type { SnapshotRecord } from '../store/records.js';
import type { CocoonSidecar, VmConfig } from '../store/sidecar-shapes.js';
import { readCocoonSidecar, readMachineState, readVmConfig, type Sidecar } from '../store/sidecars.js';
import { readSnapshotDirectory, type SnapshotDirectory, type SnapshotPlace } from '../store/snapshot-directory.js';
import { cowName, type SnapshotKind, snapshotKind } from '../store/snapshot-kind.js';
import { attempt } from './entry.js';
import { missingFirmware } from './firmware.js';
import type { RawDiskFacts } from './rules/raw-disk.js';
import { isFirmware } from './rules/vm-config.js';
import { residentName } from './rules/which-file.js';
import { readVmStateFile, type VmStateFacts } from './vmstate-file.js';

/** Everything that is read of a snapshot but its overlay and what it stands on: nothing in it is judged yet. */
export interface SnapshotFacts {
  readonly kind: SnapshotKind;
  readonly record: SnapshotRecord;
  /** The data directory, links resolved; the record's spelling where it cannot be resolved. */
  readonly directory: string;
  readonly listing: SnapshotDirectory;
  readonly sidecar: Sidecar<CocoonSidecar>;
  readonly config: Sidecar<VmConfig>;
  readonly state: Sidecar<MachineState>;
  /** Of a Firecracker; `missing` of any other. */
  readonly vmState: VmStateFacts;
  /** Whether the directory is one to look into. */
  readonly readable: boolean;
  /** Whether a regular file of this name is in the directory. */
  has(name: string): boolean;
}

/**
 * Reads the directory and the sidecars. Where the directory is not the store's own, though the snapshot is, nothing in it is
 * opened.
 */
export async function readSnapshotFacts(record: SnapshotRecord, place: SnapshotPlace): Promise<SnapshotFacts> {
  const listing = await readSnapshotDirectory(record.dataDir, place);
  if (listing.kind !== 'directory' || !listing.inStore || listing.truncated) {
    const missing = { kind: 'missing' } as const;
    const unread = {
      sidecar: missing,
      config: missing,
      state: missing,
      vmState: missing,
      readable: false,
      has: () => false,
    };
    return { kind: snapshotKind(record, missing), record, directory: record.dataDir, listing, ...unread };
  }
  const directory = listing.path;
  const [sidecar, config, state] = await Promise.all([
    readCocoonSidecar(directory),
    readVmConfig(directory),
    readMachineState(directory),
  ]);
  const regular = new Set(listing.entries.filter(({ kind }) => kind === 'regular').map(({ name }) => name));
  const has = (name: string) => regular.has(name);
  const kind = snapshotKind(record, config);
  const vmState = kind === 'firecracker' ? readVmStateFile(join(directory, 'vmstate')) : ({ kind: 'missing' } as const);
  return { kind, record, directory, listing, sidecar, config, state, vmState, readable: true, has };
}

/** Whether the directory still is what was read, name by name: to be asked later, and nothing else is kept for it. */
export function sameDirectory({ record, listing }: SnapshotFacts, place: SnapshotPlace): () => Promise<boolean> {
  if (listing.kind !== 'directory') return async () => false;
  const { dataDir } = record;
  const { path, stamp } = listing;
  return async () => {
    const now = await readSnapshotDirectory(dataDir, place);
    return now.kind === 'directory' && now.path === path && now.inStore && now.stamp === stamp;
  };
}

/** What was read of a raw disk. */
type RawDiskBytes = Pick<RawDiskFacts, 'path' | 'bytes' | 'head' | 'tail'>;

/** The raw disks that cocoon opens from the snapshot's directory; one that cannot be read leaves its finding. */
export async function readRawDisks(facts: SnapshotFacts, findings: Finding[]): Promise<RawDiskFacts[]> {
  const read = new Map<string, RawDiskBytes>();
  for (const { path } of rawDiskPaths(facts)) {
    const raw = await attempt(findings, path, () => readRawDisk(path));
    if (raw !== null) read.set(path, raw);
  }
  return rawDiskFacts(facts, (path) => read.get(path) ?? null);
}

/** What is known of each raw disk, and what it must be; `bytesOf` has null for one that was not read. */
export function rawDiskFacts(facts: SnapshotFacts, bytesOf: (path: string) => RawDiskBytes | null): RawDiskFacts[] {
  const { kind, config, record } = facts;
  const ids = config.kind === 'ok' ? config.value.disks.map((disk) => disk.id) : [];
  return rawDiskPaths(facts).flatMap(({ path, name, index }) => {
    const raw = bytesOf(path);
    if (raw === null) return [];
    const isCow = name === cowName(kind);
    return [
      {
        ...raw,
        stateBytes: stateBytes(facts, ids[index]),
        recordBytes: isCow && record.storage > 0 ? BigInt(record.storage) : null,
        probedBy: kind === 'firecracker' ? null : ('Cloud Hypervisor' as const),
      },
    ];
  });
}

function rawDiskPaths({ kind, directory, sidecar, config }: SnapshotFacts) {
  if (sidecar.kind !== 'ok' || (kind !== 'firecracker' && config.kind !== 'ok')) return [];
  return sidecar.value.storage_configs.flatMap((disk, index) => {
    const name = residentName(disk, kind);
    // A serial with a slash is refused by rule 5, and must not lead out of the directory here.
    if (name === null || name === 'overlay.qcow2' || name.includes('/')) return [];
    return [{ path: join(directory, name), name, index }];
  });
}

async function readRawDisk(path: string): Promise<RawDiskBytes | null> {
  const opened = await openRegular(path);
  if (opened.kind === 'unreadable') {
    throw new BlobcheckError('unreadable', `the disk cannot be opened: ${systemErrorText(opened.error)}`, { path });
  }
  // What is not there, or is no file, is the directory's finding.
  if (opened.kind !== 'regular') return null;
  try {
    const read = readAtOf(opened.handle, path);
    const size = opened.stats.size;
    const tailAt = Math.max(0, Number(size) - 512);
    return { path, bytes: size, head: await read(0, 512), tail: await read(tailAt, 512) };
  } finally {
    await opened.handle.close();
  }
}

/** The firmware that config.json names, if it is one of this root and not there. */
export async function missingOwnFirmware(facts: SnapshotFacts, roots: readonly string[]): Promise<string | null> {
  const path = facts.config.kind === 'ok' ? (facts.config.value.payload?.firmware ?? '') : '';
  return isFirmware(path, roots) ? await missingFirmware(path) : null;
}

/** Bytes of a device as state.json has them; null where it names none. */
function stateBytes(facts: SnapshotFacts, id: string | undefined): bigint | null {
  if (facts.state.kind !== 'ok' || id === undefined) return null;
  return facts.state.value.disks.get(id) ?? null;
}
