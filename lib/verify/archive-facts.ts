import { basename, join } from 'node:path';
import type { ArchiveEntry } from '../archive/archive-entry.js';
import { type KeptContent, keptBytes, keptReader, keptWhole } from '../archive/kept-content.js';
import { BlobcheckError } from '../errors.js';
import type { ReadAt } from '../file/read-at.js';
import { DOCUMENT_LIMIT } from '../store/json-limits.js';
import type { SnapshotRecord } from '../store/records.js';
import {
  type Decode,
  decodeCocoonSidecar,
  decodeMachineState,
  decodeVmConfig,
  type Sidecar,
  tooLarge,
} from '../store/sidecars.js';
import { snapshotKind } from '../store/snapshot-kind.js';
import { MAX_VMSTATE_BYTES } from '../vmstate/limits.js';
import { readVmState } from '../vmstate/read-vmstate.js';
import type { RawDiskFacts } from './rules/raw-disk.js';
import { rawDiskFacts, type SnapshotFacts } from './snapshot-facts.js';
import type { VmStateFacts } from './vmstate-file.js';

/** The files of an archive by their names. */
export type ArchiveFiles = ReadonlyMap<string, ArchiveEntry>;

const missing = { kind: 'missing' } as const;

/** What `snapshot import` would put into the snapshot's directory, under the archive's name. */
export function archiveFacts(archive: string, files: ArchiveFiles, record: SnapshotRecord): SnapshotFacts {
  const sidecar = decoded(files, 'cocoon.json', decodeCocoonSidecar);
  const config = decoded(files, 'config.json', decodeVmConfig);
  const kind = snapshotKind(record, config);
  const entries = [...files.values()]
    .filter(({ name }) => name !== 'snapshot.json')
    .map(({ name, size }) => ({ name, kind: 'regular', size }) as const);
  return {
    kind,
    record,
    directory: archive,
    listing: { kind: 'directory', path: archive, inStore: true, entries, truncated: false, stamp: '' },
    sidecar,
    config: kind === 'firecracker' ? missing : config,
    state: kind === 'firecracker' ? missing : decoded(files, 'state.json', decodeMachineState),
    vmState: kind === 'firecracker' ? vmStateOf(files) : missing,
    readable: true,
    has: (name) => files.has(name),
  };
}

function decoded<T>(files: ArchiveFiles, name: string, decode: Decode<T>): Sidecar<T> {
  const entry = files.get(name);
  if (entry === undefined) return missing;
  const bytes = keptWhole(entry.kept, DOCUMENT_LIMIT);
  return bytes === null ? tooLarge(entry.size) : decode(bytes);
}

function vmStateOf(files: ArchiveFiles): VmStateFacts {
  const entry = files.get('vmstate');
  if (entry === undefined) return missing;
  const bytes = keptWhole(entry.kept, MAX_VMSTATE_BYTES);
  if (bytes !== null) return readVmState(bytes);
  return { kind: 'malformed', reason: `it has ${entry.size} bytes, more than a machine's state`, offset: 0 };
}

/** The raw disks of an archive. */
export function archivedRawDisks(facts: SnapshotFacts, files: ArchiveFiles): RawDiskFacts[] {
  return rawDiskFacts(facts, (path) => {
    const entry = files.get(basename(path));
    if (entry === undefined) return null;
    const { kept, size } = entry;
    const bytes = Number(size);
    const head = keptBytes(kept, 0, Math.min(SECTOR_BYTES, bytes)) ?? Buffer.alloc(0);
    const tail = keptBytes(kept, Math.max(0, bytes - SECTOR_BYTES), Math.min(SECTOR_BYTES, bytes)) ?? Buffer.alloc(0);
    return { path, bytes: size, head, tail };
  });
}

const SECTOR_BYTES = 512;

/** A reader of what was kept of a file, and whether that is all of it. */
export function keptRead(archive: string, { name, kept }: ArchiveEntry): { read: ReadAt; isWhole: boolean } {
  const whole = keptReader(kept);
  return whole === null
    ? { read: partRead(join(archive, name), kept), isWhole: false }
    : { read: whole, isWhole: true };
}

function partRead(path: string, kept: KeptContent): ReadAt {
  return async (offset, length) => {
    const bytes = keptBytes(kept, offset, length);
    if (bytes !== null) return bytes;
    throw new BlobcheckError('unreadable', 'this part of it has gone by and was not kept', { path, offset });
  };
}
