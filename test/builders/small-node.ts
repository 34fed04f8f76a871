import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { temporaryDirectory } from '../support/temporary.js';
import { type BuiltRoot, buildRoot, type ImageSpec, type SnapshotSpec } from './cocoon-root.js';
import { buildQcow2 } from './qcow2.js';

/** Bytes of the disks in a small node. */
export const diskBytes = 10 * 1024 ** 3;

export const imageUrl = 'https://images.example.com/base.qcow2';

export interface SmallNode {
  readonly root: BuiltRoot;
  /** Options that lead a command to this root and to a state directory of its own. */
  readonly options: readonly string[];
  readonly state: string;
  /** Hex digest of the base. */
  readonly base: string;
  readonly blob: string;
}

export interface SmallNodeSpec {
  readonly engine?: 'json' | 'sqlite';
  /** The first guest cluster of the base. */
  readonly content?: string;
  /** Changes the snapshot `app:v1`. */
  readonly snapshot?: (base: string, blob: string) => Partial<SnapshotSpec>;
  /** Further snapshots. */
  readonly more?: (base: string, blob: string) => readonly SnapshotSpec[];
  /** The name under which the base lies, if not the hash of its content: as if it had been converted. */
  readonly digest?: string;
  readonly images?: readonly ImageSpec[];
}

/** A node with one small base and the healthy snapshot `app:v1` on it. */
export function smallNode(spec: SmallNodeSpec = {}): SmallNode {
  const directory = temporaryDirectory();
  const bytes = baseBytes(spec.content ?? 'base');
  const base = spec.digest ?? createHash('sha256').update(bytes).digest('hex');
  const blob = join(directory, 'cloudimg/blobs', `${base}.qcow2`);
  const image = { ref: imageUrl, bytes, ...(spec.digest === undefined ? {} : { digest: spec.digest }) };
  const snapshot = snapshotOn('app:v1', base, blob, spec.snapshot?.(base, blob));
  const root = buildRoot({
    directory,
    engine: spec.engine ?? 'json',
    images: [image, ...(spec.images ?? [])],
    snapshots: [snapshot, ...(spec.more?.(base, blob) ?? [])],
  });
  const state = temporaryDirectory();
  return { root, options: ['--root-dir', directory, '--state-dir', state], state, base, blob };
}

export function baseBytes(content: string): Buffer {
  return buildQcow2({ virtualSize: diskBytes, clusters: [{ index: 0, data: Buffer.from(content) }] });
}

export function snapshotOn(name: string, base: string, blob: string, more: Partial<SnapshotSpec> = {}): SnapshotSpec {
  return { name, image: imageUrl, base, overlay: overlayOn(blob), ...more };
}

/** An overlay as a snapshot of a running VM has it: the dirty bit is set. */
export function overlayOn(name: string | Buffer, format: string | null = 'qcow2'): Buffer {
  return buildQcow2({ virtualSize: diskBytes, backing: { name, format }, incompatible: 1n });
}
