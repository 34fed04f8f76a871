/**
 * Lays out a cocoon root with cloud images and snapshots, in the shapes that cocoon 0.3.8 and Cloud Hypervisor 53 write
 * (test/fixtures/real), without cocoon and qemu-img. Disks are the caller's bytes. What is wanted otherwise is changed
 * in `edit`, before it is written.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cloudImageBlob, cloudImageIndex, firmware, snapshotIndex, snapshotParent } from '../store/layout.js';
import type { StoreLocation } from '../store/location.js';
import { idFor, type SnapshotSpec, snapshotFiles, writeSnapshot } from './snapshot.js';

export interface ImageSpec {
  readonly ref: string;
  readonly bytes: Uint8Array;
  /** Hexadecimal; of the bytes if nothing else is said, as a blob that was renamed into place has it. */
  readonly digest?: string;
}

export interface LayoutSpec {
  readonly directory: string;
  /** The root that the paths inside name, if not the directory itself. */
  readonly root?: string;
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

/** What the metadata of a root says, whichever engine keeps it. */
export interface MetadataTables {
  readonly records: Table;
  readonly names: Table;
  readonly tombstones: Table;
  readonly images: Table;
}

/** Everything of a root but its metadata, which is returned as tables. */
export function layOutRoot(spec: LayoutSpec): { readonly built: BuiltRoot; readonly tables: MetadataTables } {
  const { directory, root = directory, images = [], snapshots = [] } = spec;
  const blob = (hex: string) => cloudImageBlob(directory, hex);
  const files = (name: string) => join(snapshotParent(directory), idOf(snapshots, name));
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
  writeFileSync(firmware(directory), 'firmware');
  const tables: MetadataTables = { records: {}, names: {}, tombstones: {}, images: {} };
  for (const image of images) {
    const hex = image.digest ?? sha256(image.bytes);
    tables.images[image.ref] = {
      ref: image.ref,
      content_sum: `sha256:${hex}`,
      size: image.bytes.length,
      created_at: '2026-11-24T20:43:58.469433889Z',
    };
    writeFileSync(blob(hex), image.bytes, { mode: 0o444 });
  }
  for (const snapshot of snapshots) {
    const id = idOf(snapshots, snapshot.name);
    const made = snapshotFiles(snapshot, id, root);
    snapshot.edit?.(made);
    tables.records[id] = made.record;
    tables.names[snapshot.name] = id;
    if (snapshot.tombstone !== undefined) tables.tombstones[id] = tombstoneOf(snapshot, id);
    if (snapshot.pending !== true) writeSnapshot(files(snapshot.name), snapshot, made);
  }
  const location: StoreLocation = { root: directory, metaBackend: null };
  return { built: { directory, location, blob, files }, tables };
}

/** The metadata as cocoon's JSON engine keeps it. */
export function writeJsonMetadata(directory: string, { records, names, tombstones, images }: MetadataTables): void {
  const marked = Object.keys(tombstones).length > 0 ? { tombstones } : {};
  writeIndex(snapshotIndex(directory), { snapshots: records, names, ...marked });
  writeIndex(cloudImageIndex(directory), { images });
}

/** An index as cocoon writes it. */
export function writeIndex(path: string, document: unknown): void {
  writeFileSync(path, `${JSON.stringify(document)}\n`);
}

function tombstoneOf(snapshot: SnapshotSpec, id: string): unknown {
  return {
    lease_id: idFor(`lease of ${id}`),
    phase: snapshot.tombstone,
    leased_at: '2026-11-24T21:00:00Z',
    payload: { kind: 'record', mode: 'aggregate', cleanup: { name: snapshot.name } },
  };
}

function idOf(snapshots: readonly SnapshotSpec[], name: string): string {
  return snapshots.find((snapshot) => snapshot.name === name)?.id ?? idFor(name);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
