import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { BlobcheckError, systemErrorCode } from '../errors.js';
import { type Finding, finding } from '../finding/finding.js';
import { listBlobs } from '../store/blob-directory.js';
import { cloudImageBlobs } from '../store/layout.js';
import { readSnapshotDirectory } from '../store/snapshot-directory.js';
import type { Store } from '../store/store.js';
import { storeBlobPath } from './origin.js';
import { judgeOverlay } from './overlay.js';
import { realpathOrNull, rootSpellings } from './root-spellings.js';
import { resolveTargets } from './targets.js';

export interface SealRequest {
  /** Blobs (digest, file name or path) or snapshots, whose bases are meant. */
  readonly names?: readonly string[];
  readonly all?: boolean;
  /** One blob that gets a new seal, whatever the old one says. */
  readonly replace?: string;
}

/** A blob of the store that was asked for. */
export interface BlobTarget {
  readonly blob: string;
  readonly path: string;
}

export interface BlobTargets {
  readonly targets: readonly BlobTarget[];
  /** What was asked for and is no blob. */
  readonly findings: readonly Finding[];
}

const blobFile = /^([0-9a-f]{64})(?:\.qcow2)?$/;

/** Finds the blobs that `seal` was asked for: by digest, file name, path, the snapshot that stands on them, or all. */
export async function blobsToSeal(store: Store, request: SealRequest, signal?: AbortSignal): Promise<BlobTargets> {
  if (request.all) {
    const blobs = await listBlobs(cloudImageBlobs(store.root));
    return { targets: blobs.map((blob) => targetOf(store, blob)), findings: [] };
  }
  const targets = new Map<string, BlobTarget>();
  const findings: Finding[] = [];
  const names = request.replace === undefined ? (request.names ?? []) : [request.replace];
  for (const name of names) {
    const found = await oneTarget(store, name, request.replace !== undefined, signal);
    if ('code' in found) findings.push(found);
    else targets.set(found.blob, found);
  }
  return { targets: [...targets.values()], findings };
}

async function oneTarget(
  store: Store,
  name: string,
  onlyBlobs: boolean,
  signal: AbortSignal | undefined,
): Promise<BlobTarget | Finding> {
  const blob = blobFile.exec(basename(name))?.[1];
  if (blob !== undefined && (basename(name) === name || (await isIn(store, dirname(name)))))
    return targetOf(store, blob);
  if (onlyBlobs) throw new BlobcheckError('usage', `--replace takes one blob of the store, not ${name}`);
  const [target] = (await resolveTargets(store, [name])).targets;
  if (target === undefined || target.kind === 'none') {
    return target?.finding ?? finding('snapshot-not-found', `there is no blob or snapshot ${name}`, { subject: name });
  }
  return await baseOf(store, target.id, name, signal);
}

/** The base that a snapshot's overlay names. Throws `BlobcheckError` for what cannot be read. */
export async function baseOf(
  store: Store,
  id: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<BlobTarget | Finding> {
  const record = await store.snapshot(id);
  const listing = await readSnapshotDirectory(record.dataDir, store);
  if (listing.kind !== 'directory' || !listing.inStore) {
    return finding('snapshot-file-missing', `the directory of ${name} is not in the store`, {
      subject: record.dataDir,
    });
  }
  const blobs = (await realpathOrNull(cloudImageBlobs(store.root))) ?? cloudImageBlobs(store.root);
  const spelled = (await rootSpellings(store.root, record)).map(cloudImageBlobs);
  const place = { blobs, spellings: spelled, staysInPlace: false };
  const overlay = await judgeOverlay(join(listing.path, 'overlay.qcow2'), place, signal);
  if (overlay.base !== null) return targetOf(store, overlay.base);
  const [first] = overlay.findings;
  return first ?? finding('backing-none', `the overlay of ${name} names no base`, { subject: listing.path });
}

async function isIn(store: Store, directory: string): Promise<boolean> {
  try {
    return (await realpath(resolve(directory))) === (await realpath(cloudImageBlobs(store.root)));
  } catch (error) {
    if (systemErrorCode(error) === null) throw error;
    return false;
  }
}

function targetOf(store: Store, blob: string): BlobTarget {
  return { blob, path: storeBlobPath(store, blob) };
}
