import { dirname } from 'node:path';
import { type FileIdentity, identityAt, sameIdentity } from '../file/identity.js';
import { type Finding, finding } from '../finding/finding.js';
import type { SealedBlob, SealReport } from '../report/documents.js';
import { blobPath, parseBlobName } from '../store/blob.js';
import { listBases, listOciBlobs } from '../store/blob-directory.js';
import type { Store } from '../store/store.js';
import { syncDirectory } from '../trust/own-directory.js';
import { attempt } from '../verify/entry.js';
import { openForCheck } from '../verify/open-for-check.js';
import { hexOf, imageBlobs, isCloudImage, isOciImage } from '../verify/origin.js';
import { stateFindings } from '../verify/report.js';
import type { Run, StoreCheckOptions } from '../verify/run.js';
import { verdictOf, worstVerdict } from '../verify/verdict.js';
import { readCandidate } from './candidate.js';

/** The files of a store's blobs at one moment, by the names of the blobs. */
export type BlobFiles = ReadonlyMap<string, FileIdentity>;

/** Throws `unreadable` where the directory cannot be read. */
export async function blobFilesIn(root: string): Promise<BlobFiles> {
  const files = new Map<string, FileIdentity>();
  for (const blob of [...(await listBases(root)), ...(await listOciBlobs(root))]) {
    // Collected meanwhile, perhaps.
    const identity = await identityAt(pathOf(root, blob)).catch(() => null);
    if (identity !== null) files.set(blob, identity);
  }
  return files;
}

const pathOf = (root: string, name: string): string =>
  blobPath(root, parseBlobName(name) ?? { kind: 'base', hex: name });

/** What became of a pull or an import. */
export interface BroughtReport extends SealReport {
  /** Blobs that the references lead to and whose files are the ones from before: kept, whatever is in them. */
  readonly kept: readonly string[];
}

/**
 * Seals what a pull or an import has brought: of the blobs that its references lead to now, those that were absent before
 * or are another file. cocoon keeps any file that stands at a blob's name and says "pull complete" over a corrupt one, so
 * a kept file gets no seal; nor does what somebody else has put there meanwhile.
 */
export async function sealBrought(
  before: BlobFiles,
  refs: readonly string[],
  options: StoreCheckOptions,
  { onlyByName = false }: { readonly onlyByName?: boolean } = {},
): Promise<BroughtReport> {
  const opened = await openForCheck(options);
  const { run, root } = opened;
  const findings: Finding[] = [];
  const blobs: SealedBlob[] = [];
  const kept: string[] = [];
  if (opened.store === null) findings.push(opened.failure);
  else {
    const { store } = opened;
    try {
      const now = (await attempt(findings, store.root, () => blobFilesIn(store.root))) ?? new Map();
      for (const blob of await blobsOf(store, refs, findings)) {
        const [earlier, identity] = [before.get(blob), now.get(blob)];
        if (identity === undefined) continue;
        const path = pathOf(store.root, blob);
        if (earlier !== undefined && sameIdentity(earlier, identity)) kept.push(blob);
        else blobs.push(...asList(await attempt(findings, path, () => sealOne(run, blob, path, onlyByName))));
      }
    } finally {
      await store.close();
    }
  }
  findings.push(...stateFindings(run));
  const refused = blobs.some(({ outcome }) => outcome === 'refused') ? (['unverified'] as const) : [];
  const verdict = worstVerdict([verdictOf(findings), ...refused]);
  return { schema: 'blobcheck/seal/v1', verdict, root, findings, blobs, kept };
}

const asList = <T>(value: T | null): readonly T[] => (value === null ? [] : [value]);

/** The blobs that references lead to, each once, by their names. */
async function blobsOf(store: Store, refs: readonly string[], findings: Finding[]): Promise<readonly string[]> {
  const blobs = new Set<string>();
  for (const ref of refs) {
    const entries = await attempt(findings, ref, () => store.image(ref));
    for (const entry of entries?.filter(isCloudImage) ?? []) blobs.add(hexOf(entry));
    for (const entry of entries?.filter(isOciImage) ?? []) for (const part of imageBlobs(entry)) blobs.add(part);
  }
  return [...blobs];
}

async function sealOne(run: Run, blob: string, path: string, onlyByName: boolean): Promise<SealedBlob> {
  const { signal } = run;
  const { hashed, flaw, structure } = await readCandidate(path, blob, {
    signal,
    onProgress: run.blobOptions.onProgress,
  });
  await syncDirectory(dirname(path));
  const digest = `sha256:${hashed.digest}`;
  const of = { blob, path, digest, bytes: hashed.bytes, readFrom: hashed.readFrom };
  if (flaw !== null)
    return refused(of, finding(damaged(blob), `what was brought is damaged: ${flaw}`, { subject: path }));
  const { seal: known } = await run.ledger.recall(blob);
  if (known?.digest === digest) {
    return { ...of, outcome: 'kept', basis: known.basis, because: 'the content equals its seal', findings: [] };
  }
  const basis = hashed.digest === blob ? 'name' : 'pull';
  if (basis === 'pull' && onlyByName) {
    const message = 'it was converted with another qemu-img than the one that cocoon was given';
    return refused(of, finding('pull-failed', message, { subject: path }));
  }
  const written = await run.ledger.reseal(blob, hashed, basis);
  if (written.kind !== 'written') {
    const why = 'problem' in written ? written.problem : null;
    const because = why ?? 'there is no right to write in the state directory';
    return refused(of, finding('state-unusable', `its seal is not written: ${because}`, { subject: path }));
  }
  await run.ledger.recordRead(blob, path, hashed, 'good', structure);
  const outcome = known === null ? 'sealed' : 'replaced';
  return { ...of, outcome, basis, because: 'it was sealed as it was brought', findings: [] };
}

const damaged = (blob: string) => (parseBlobName(blob)?.kind === 'base' ? 'blob-malformed' : 'layer-malformed');

type Brought = Pick<SealedBlob, 'blob' | 'path' | 'digest' | 'bytes' | 'readFrom'>;

function refused(of: Brought, found: Finding): SealedBlob {
  return { ...of, outcome: 'refused', basis: null, because: null, findings: [found] };
}
