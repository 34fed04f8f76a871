import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BlobcheckError, systemErrorCode } from '../errors.js';
import { type Finding, finding } from '../finding/finding.js';
import { wordsRemedy } from '../finding/remedy.js';
import { blobNameAt } from '../store/blob.js';
import { listBases, listOciBlobs } from '../store/blob-directory.js';
import { cloudImageBlobs } from '../store/layout.js';
import type { Store } from '../store/store.js';
import { attempt } from './entry.js';
import { filesOf, ociParts } from './oci-parts.js';
import { storeBlobPath } from './origin.js';
import { judgeOverlay } from './overlay.js';
import { realpathOrNull, rootSpellings } from './root-spellings.js';
import { readSnapshotFacts, type SnapshotFacts } from './snapshot-facts.js';
import { resolveTargets } from './targets.js';

export interface SealRequest {
  /** Blobs (name, or path in the store) or snapshots, all of whose blobs are meant. */
  readonly names?: readonly string[];
  readonly all?: boolean;
  /** One blob that gets a new seal, whatever the old one says. */
  readonly replace?: string;
}

/** A blob of the store that was asked for. */
export interface BlobTarget {
  /** Its name (lib/store/blob.ts). */
  readonly blob: string;
  readonly path: string;
}

export interface BlobTargets {
  readonly targets: readonly BlobTarget[];
  /** What was asked for and is no blob. */
  readonly findings: readonly Finding[];
}

/** Finds the blobs that `seal` was asked for: by name, path, the snapshot that stands on them, or all. */
export async function blobsToSeal(store: Store, request: SealRequest, signal?: AbortSignal): Promise<BlobTargets> {
  if (request.all) {
    const blobs = [...(await listBases(store.root)), ...(await listOciBlobs(store.root))];
    return {
      targets: blobs.map((blob) => targetOf(store, blob)),
      findings: blobs.length === 0 ? await allGone(store) : [],
    };
  }
  const targets = new Map<string, BlobTarget>();
  const findings: Finding[] = [];
  const names = request.replace === undefined ? (request.names ?? []) : [request.replace];
  for (const name of names) {
    const found = await attempt(findings, name, () => targetsOf(store, name, request.replace !== undefined, signal));
    if (found === null) continue;
    if ('code' in found) findings.push(found);
    else for (const target of found) targets.set(target.blob, target);
  }
  return { targets: [...targets.values()], findings };
}

/** A store without images and snapshots has nothing to seal; one that has some has lost all that they stand on. */
async function allGone(store: Store): Promise<Finding[]> {
  const { images, unreadable } = await store.allImages();
  const imageCount = images.length + unreadable.length;
  const snapshotCount = (await store.listSnapshots()).length;
  if (imageCount + snapshotCount === 0) return [];
  const message = `no blob is there, and the metadata has images (${imageCount}) and snapshots (${snapshotCount})`;
  return [
    finding('blob-missing', message, {
      subject: cloudImageBlobs(store.root),
      ...wordsRemedy('mount the disk that holds them, or ask `blobcheck verify --all` what is needed'),
    }),
  ];
}

async function targetsOf(
  store: Store,
  name: string,
  onlyBlobs: boolean,
  signal: AbortSignal | undefined,
): Promise<readonly BlobTarget[] | Finding> {
  const blob = blobCalled(store, name);
  if (blob !== null) return [targetOf(store, blob)];
  if (onlyBlobs) throw new BlobcheckError('usage', `--replace takes one blob of the store, not ${name}`);
  const [target] = (await resolveTargets(store, [name])).targets;
  if (target === undefined || target.kind === 'none') {
    return target?.finding ?? finding('snapshot-not-found', `there is no blob or snapshot ${name}`, { subject: name });
  }
  return await blobsOf(store, target.id, name, signal);
}

/** The name of the blob that a word means: its name, or a path to its file; null where it means none of this store. */
function blobCalled(store: Store, word: string): string | null {
  const blob = blobNameAt(word);
  if (blob === null) return null;
  return !word.includes('/') || isSameDirectory(dirname(word), dirname(storeBlobPath(store, blob))) ? blob : null;
}

/** The blobs that a snapshot stands on. Throws `BlobcheckError` for what cannot be read. */
export async function blobsOf(
  store: Store,
  id: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<readonly BlobTarget[] | Finding> {
  const record = await store.snapshot(id);
  const facts = await readSnapshotFacts(record, store);
  if (facts.listing.kind !== 'directory' || !facts.listing.inStore) {
    return finding('snapshot-file-missing', `the directory of ${name} is not in the store`, {
      subject: record.dataDir,
    });
  }
  const roots = await rootSpellings(store.root, record);
  if (facts.kind === 'cloud-image') {
    const base = await baseOf(store, facts, { name, roots, signal });
    return 'code' in base ? base : [base];
  }
  const files = await filesOf(store, ociParts(facts, roots), facts, roots);
  if (files.length > 0) return files;
  return finding('sidecar-mismatch', `cocoon.json of ${name} names no layer of this store`, {
    subject: join(facts.directory, 'cocoon.json'),
  });
}

/** The base that a cloud image's overlay names. */
async function baseOf(
  store: Store,
  facts: SnapshotFacts,
  {
    name,
    roots,
    signal,
  }: { readonly name: string; readonly roots: readonly string[]; readonly signal: AbortSignal | undefined },
): Promise<BlobTarget | Finding> {
  const blobs = (await realpathOrNull(cloudImageBlobs(store.root))) ?? cloudImageBlobs(store.root);
  const place = { blobs, spellings: roots.map(cloudImageBlobs), staysInPlace: false };
  const overlay = await judgeOverlay(join(facts.directory, 'overlay.qcow2'), place, signal);
  if (overlay.base !== null) return targetOf(store, overlay.base);
  const [first] = overlay.findings;
  return first ?? finding('backing-none', `the overlay of ${name} names no base`, { subject: facts.directory });
}

/** Throws the system's error where a disk that fails does not tell. */
function isSameDirectory(one: string, other: string): boolean {
  const resolved = whereLeads(one);
  return resolved !== null && resolved === whereLeads(other);
}

function whereLeads(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

function targetOf(store: Store, blob: string): BlobTarget {
  return { blob, path: storeBlobPath(store, blob) };
}
