/**
 * Builds a cocoon root with cloud images and snapshots, in the shapes that cocoon 0.3.8 and Cloud Hypervisor 53 write
 * (test/fixtures/real). Disks are the caller's bytes. What a test wants otherwise it changes in `edit`, before it is
 * written.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoreLocation } from '../../lib/store/location.js';
import { writeDatabase } from './cocoon-database.js';
import {
  idFor,
  MEMORY,
  type SnapshotFiles,
  type SnapshotSpec,
  STORAGE,
  snapshotFiles,
  writeSnapshot,
} from './cocoon-snapshot.js';

export interface ImageSpec {
  readonly ref: string;
  readonly bytes: Uint8Array;
  /** Hexadecimal; of the bytes if nothing else is said, as a blob that was renamed into place has it. */
  readonly digest?: string;
}

export interface RootSpec {
  readonly directory: string;
  /** The root that the paths inside name, if not the directory itself. */
  readonly root?: string;
  readonly engine?: 'json' | 'sqlite';
  readonly images?: readonly ImageSpec[];
  readonly snapshots?: readonly SnapshotSpec[];
}

export interface BuiltRoot {
  readonly directory: string;
  readonly location: StoreLocation;
  blob(hex: string): string;
  /** The directory that a snapshot's files were written to. */
  files(name: string): string;
}

export type Table = Record<string, unknown>;

export function buildRoot(spec: RootSpec): BuiltRoot {
  const { directory, root = directory, engine = 'json', images = [], snapshots = [] } = spec;
  const blob = (hex: string) => join(directory, 'cloudimg', 'blobs', `${hex}.qcow2`);
  const files = (name: string) => join(directory, 'snapshot', 'localfile', idOf(snapshots, name));
  for (const path of [
    'cloudimg/blobs',
    'cloudimg/db',
    'cloudimg/temp',
    'snapshot/db',
    'snapshot/localfile',
    'firmware',
  ]) {
    mkdirSync(join(directory, path), { recursive: true });
  }
  writeFileSync(join(directory, 'firmware', 'CLOUDHV.fd'), 'firmware');

  const entries: Table = {};
  for (const image of images) {
    const hex = image.digest ?? sha256(image.bytes);
    entries[image.ref] = {
      ref: image.ref,
      content_sum: `sha256:${hex}`,
      size: image.bytes.length,
      created_at: '2026-11-24T20:43:58.469433889Z',
    };
    writeFileSync(blob(hex), image.bytes, { mode: 0o444 });
  }

  const records: Table = {};
  const names: Table = {};
  const tombstones: Table = {};
  for (const snapshot of snapshots) {
    const id = idOf(snapshots, snapshot.name);
    const made = snapshotFiles(snapshot, id, root);
    snapshot.edit?.(made);
    records[id] = made.record;
    names[snapshot.name] = id;
    if (snapshot.tombstone !== undefined) {
      tombstones[id] = {
        lease_id: idFor(`lease of ${id}`),
        phase: snapshot.tombstone,
        leased_at: '2026-11-24T21:00:00Z',
        payload: { kind: 'record', mode: 'aggregate', cleanup: { name: snapshot.name } },
      };
    }
    if (snapshot.pending !== true) writeSnapshot(files(snapshot.name), snapshot, made);
  }

  if (engine === 'sqlite') {
    const database = join(directory, 'meta', 'meta.db');
    writeDatabase(database, {
      rows: {
        snapshots__records: records,
        snapshots__names: names,
        snapshots__tombstones: tombstones,
        images_cloudimg__records: entries,
      },
    });
  } else {
    const marked = Object.keys(tombstones).length > 0 ? { tombstones } : {};
    writeIndex(join(directory, 'snapshot', 'db', 'snapshots.json'), { snapshots: records, names, ...marked });
    writeIndex(join(directory, 'cloudimg', 'db', 'images.json'), { images: entries });
  }
  const location: StoreLocation = { root: directory, metaBackend: null };
  return { directory, location, blob, files };
}

/** An index as cocoon writes it. */
export function writeIndex(path: string, document: unknown): void {
  writeFileSync(path, `${JSON.stringify(document)}\n`);
}

function idOf(snapshots: readonly SnapshotSpec[], name: string): string {
  return snapshots.find((snapshot) => snapshot.name === name)?.id ?? idFor(name);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export { idFor, MEMORY, type SnapshotFiles, type SnapshotSpec, STORAGE };
