import { lstat } from 'node:fs/promises';
import { systemErrorCode, systemErrorText } from '../errors.js';
import { type FileIdentity, identityOf, sameIdentity } from '../file/identity.js';
import { type Finding, finding } from '../finding/finding.js';
import type { StatusBlob, StatusReport } from '../report/documents.js';
import { blobName, parseBlobName } from '../store/blob.js';
import { listBases, listOciBlobs } from '../store/blob-directory.js';
import type { SnapshotRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import { identityFromRecord } from '../trust/receipt-record.js';
import { listSeals, type SealList } from '../trust/seals.js';
import { openState } from '../trust/state-directory.js';
import { attempt } from './entry.js';
import { errorFinding } from './error-finding.js';
import { ledgerOf, type Remembered } from './ledger.js';
import { openForCheck } from './open-for-check.js';
import { hexOf, imageBlobs, isCloudImage, isOciImage, storeBlobPath } from './origin.js';
import type { StoreCheckOptions } from './run.js';
import { type WhoReads, whoReads } from './who-reads.js';

/** What is known of each blob: those that are there, those that are sealed, those that an image or snapshot needs. */
export async function storeStatus(options: StoreCheckOptions & { readonly stateDir: string }): Promise<StatusReport> {
  const opened = await openForCheck(options);
  const { store, root } = opened;
  const base = { schema: 'blobcheck/status/v1', root, stateDir: options.stateDir } as const;
  if (store === null) return { ...base, engine: null, findings: [opened.failure], blobs: [] };
  const findings: Finding[] = [];
  const blobs: StatusBlob[] = [];
  try {
    await attempt(findings, store.root, async () => {
      const state = await openState(options.stateDir, store.root);
      const ledger = ledgerOf(state, options.tool);
      const needed = await whoNeeds(store);
      const sealed = await listSeals(state);
      const known = await knownBlobs(store, needed, sealed);
      const asked = known.map((blob) => ({ blob, references: needed.references.get(blob) ?? [] }));
      const reads = await whoReads(state, asked);
      for (const [index, blob] of known.entries()) {
        const status = await statusOf(store, blob, await ledger.recall(blob), needed);
        blobs.push({ ...status, ...(reads[index] ?? nobody) });
      }
      const problems = [...new Set([...ledger.problems, ...sealed.problems])];
      findings.push(...needed.findings, ...problems.map((problem) => finding('state-unusable', problem)));
    });
  } finally {
    await store.close();
  }
  return { ...base, engine: store.engine, findings, blobs };
}

const nobody: WhoReads = { reading: null, waiting: [] };

/** The names of all blobs that are there, sealed, or needed. */
async function knownBlobs(store: Store, needed: Needed, sealed: SealList): Promise<string[]> {
  const names = [
    ...(await listBases(store.root)),
    ...(await listOciBlobs(store.root)),
    ...sealed.seals.map(({ blob }) => blob),
    ...sealed.unreadable.map(({ blob }) => blob),
    ...needed.images.keys(),
    ...needed.snapshots.keys(),
  ];
  return [...new Set(names)].sort();
}

interface Needed {
  /** References of images, by the digest (hex) of their blob. */
  readonly images: ReadonlyMap<string, readonly string[]>;
  /** Names of snapshots, by the blobs that their records pin. */
  readonly snapshots: ReadonlyMap<string, readonly string[]>;
  /** Names and ids of those snapshots. */
  readonly references: ReadonlyMap<string, readonly string[]>;
  /** Records that cannot be read. */
  readonly findings: readonly Finding[];
}

async function whoNeeds(store: Store): Promise<Needed> {
  const images = new Map<string, string[]>();
  const snapshots = new Map<string, string[]>();
  const references = new Map<string, string[]>();
  const listed = await store.allImages();
  const findings = listed.unreadable.map((error) => errorFinding(error));
  for (const entry of listed.images.filter(isCloudImage)) add(images, hexOf(entry), entry.ref);
  for (const entry of listed.images.filter(isOciImage))
    for (const part of imageBlobs(entry)) add(images, part, entry.ref);
  for (const { id, pending, deletion } of await store.listSnapshots()) {
    if (pending || deletion === 'deleting') continue;
    try {
      const record = await store.snapshot(id);
      for (const blob of record.imageType === 'oci' ? ociBlobsOf(record) : record.imageBlobIds) {
        add(snapshots, blob, record.name === '' ? id : record.name);
        for (const reference of record.name === '' ? [id] : [record.name, id]) add(references, blob, reference);
      }
    } catch (error) {
      // One that cannot be read stops no other.
      findings.push(errorFinding(error, id));
    }
  }
  return { images, snapshots, references, findings };
}

/** A record pins digests of layers, and does not say which of them hold boot files. */
const ociBlobsOf = ({ imageBlobIds }: SnapshotRecord): string[] =>
  imageBlobIds.map((hex) => blobName({ kind: 'layer', hex }));

function add(map: Map<string, string[]>, blob: string, name: string): void {
  // Only what can be the name of a blob: a record may hold anything.
  if (parseBlobName(blob) === null) return;
  map.set(blob, [...(map.get(blob) ?? []), name].sort());
}

async function statusOf(
  store: Store,
  blob: string,
  remembered: Remembered,
  needed: Needed,
): Promise<Omit<StatusBlob, keyof WhoReads>> {
  const path = storeBlobPath(store, blob);
  const { identity, problem } = await lookedAt(path);
  const { seal, sealProblem, receipt } = remembered;
  return {
    blob,
    path,
    present: identity !== null,
    bytes: identity === null ? null : Number(identity.size),
    digest: seal?.digest ?? null,
    basis: seal?.basis ?? null,
    since: seal?.since ?? null,
    by: seal?.by.name ?? null,
    lastRead: receipt?.at ?? null,
    lastResult: receipt?.result ?? null,
    unchangedSince:
      receipt === null || identity === null ? null : sameIdentity(identityFromRecord(receipt.identity), identity),
    images: needed.images.get(blob) ?? [],
    snapshots: needed.snapshots.get(blob) ?? [],
    history: (seal?.history ?? []).map(({ digest, size, basis, since, by }) => ({
      digest,
      size,
      basis,
      since,
      by: by.name,
    })),
    findings: [
      ...(problem === null ? [] : [finding('blob-unreadable', problem, { subject: path })]),
      ...(sealProblem === null ? [] : [finding('seal-unreadable', sealProblem, { subject: path })]),
    ],
  };
}

interface LookedAt {
  /** Null where no regular file stands. */
  readonly identity: FileIdentity | null;
  /** Why nobody can tell. */
  readonly problem: string | null;
}

async function lookedAt(path: string): Promise<LookedAt> {
  try {
    const stats = await lstat(path, { bigint: true });
    return { identity: stats.isFile() ? identityOf(stats) : null, problem: null };
  } catch (error) {
    const code = systemErrorCode(error);
    const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
    return { identity: null, problem: isMissing ? null : `it cannot be looked at: ${systemErrorText(error)}` };
  }
}
