import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorText } from '../errors.js';
import { openRegular } from '../file/open-regular.js';
import { readAtOf } from '../file/read-at.js';
import type { MachineState } from '../store/machine-state.js';
import type { SnapshotRecord } from '../store/records.js';
import type { CocoonSidecar, VmConfig } from '../store/sidecar-shapes.js';
import { readCocoonSidecar, readMachineState, readVmConfig, type Sidecar } from '../store/sidecars.js';
import { readSnapshotDirectory, type SnapshotDirectory } from '../store/snapshot-directory.js';
import type { RawDiskFacts } from './rules/raw-disk.js';
import { isFirmware } from './rules/vm-config.js';
import { residentName } from './rules/which-file.js';

/** Everything that is read of a snapshot but its overlay and base: nothing in it is judged yet. */
export interface SnapshotFacts {
  readonly record: SnapshotRecord;
  /** The data directory, links resolved; the record's spelling where it cannot be resolved. */
  readonly directory: string;
  readonly listing: SnapshotDirectory;
  readonly sidecar: Sidecar<CocoonSidecar>;
  readonly config: Sidecar<VmConfig>;
  readonly state: Sidecar<MachineState>;
}

/** Reads the directory and the sidecars. Where the directory is not the store's own, nothing in it is opened. */
export async function readSnapshotFacts(record: SnapshotRecord, root: string): Promise<SnapshotFacts> {
  const listing = await readSnapshotDirectory(record.dataDir, { root });
  if (listing.kind !== 'directory' || !listing.inStore) {
    const missing = { kind: 'missing' } as const;
    return { record, directory: record.dataDir, listing, sidecar: missing, config: missing, state: missing };
  }
  const directory = listing.path;
  const [sidecar, config, state] = await Promise.all([
    readCocoonSidecar(directory),
    readVmConfig(directory),
    readMachineState(directory),
  ]);
  return { record, directory, listing, sidecar, config, state };
}

/** The raw disks that cocoon opens from the snapshot's directory, by name; a broken one is another rule's finding. */
export async function readRawDisks(facts: SnapshotFacts): Promise<RawDiskFacts[]> {
  if (facts.sidecar.kind !== 'ok' || facts.config.kind !== 'ok') return [];
  const ids = facts.config.value.disks.map((disk) => disk.id);
  const found: RawDiskFacts[] = [];
  for (const [index, disk] of facts.sidecar.value.storage_configs.entries()) {
    const name = disk.role === 'data' || disk.role === 'cidata' ? residentName(disk) : null;
    // A serial with a slash is refused by rule 5, and must not lead out of the directory here.
    if (name === null || name.includes('/')) continue;
    const raw = await readRawDisk(join(facts.directory, name), stateBytes(facts, ids[index]));
    if (raw !== null) found.push(raw);
  }
  return found;
}

async function readRawDisk(path: string, bytes: bigint | null): Promise<RawDiskFacts | null> {
  const opened = await openRegular(path);
  if (opened.kind !== 'regular') return null;
  try {
    const read = readAtOf(opened.handle, path);
    const size = opened.stats.size;
    const tailAt = Math.max(0, Number(size) - 512);
    return { path, bytes: size, stateBytes: bytes, head: await read(0, 512), tail: await read(tailAt, 512) };
  } finally {
    await opened.handle.close();
  }
}

/** The firmware that config.json names, if it is one of this root and not there. */
export async function missingFirmware(facts: SnapshotFacts, roots: readonly string[]): Promise<string | null> {
  const path = facts.config.kind === 'ok' ? (facts.config.value.payload?.firmware ?? '') : '';
  if (!isFirmware(path, roots)) return null;
  try {
    return (await stat(path)).isFile() ? null : path;
  } catch {
    return path;
  }
}

/** Bytes of a device as state.json has them; null where it names none. */
function stateBytes(facts: SnapshotFacts, id: string | undefined): bigint | null {
  if (facts.state.kind !== 'ok' || id === undefined) return null;
  return facts.state.value.disks.get(id)?.bytes ?? null;
}

/** Why a snapshot's directory is not one to look into; null when it is. */
export function directoryProblem(listing: SnapshotDirectory): string | null {
  if (listing.kind === 'missing') return "the snapshot's directory is not there";
  if (listing.kind === 'not-absolute') return "the record names no absolute path for the snapshot's directory";
  if (listing.kind === 'not-directory') return `a ${listing.what} stands in the place of the snapshot's directory`;
  if (listing.kind === 'unreadable')
    return `the snapshot's directory cannot be read: ${systemErrorText(listing.error)}`;
  if (!listing.inStore) return "the snapshot's directory does not lie directly in this store";
  if (listing.truncated) return "the snapshot's directory holds more files than cocoon ever writes";
  return null;
}
