import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BlobcheckError, systemErrorCode, systemErrorText } from '../errors.js';
import { type Finding, finding } from '../finding/finding.js';
import { wordsRemedy } from '../finding/remedy.js';
import type { EnsureStep } from '../report/documents.js';
import { imageDirectories } from '../store/layout.js';
import type { Store } from '../store/store.js';
import type { BlobRequest } from '../verify/blob-content.js';
import { fromAnotherNode, type ImageOrigin } from '../verify/heal.js';
import type { Run } from '../verify/run.js';
import type { Candidate } from './candidate.js';
import type { CocoonProgram, NoCocoon } from './cocoon.js';
import { withCocoonLocks } from './cocoon-locks.js';
import { type Fetched, fetchBlob } from './fetch.js';
import type { NeededBlob } from './needed.js';
import { putInPlace } from './put-in-place.js';
import { openScratch } from './scratch.js';
import { knownSources, notPullable, type Source } from './sources.js';
import { isStillWrong, type Wrong, whatIsWrong } from './wrong.js';

/** The node that a base is brought to. */
export interface Site {
  readonly store: Store;
  readonly run: Run;
  readonly cocoon: CocoonProgram | NoCocoon;
}

export interface BringRequest {
  readonly needed: NeededBlob;
  readonly base: BlobRequest;
  readonly origin: ImageOrigin;
  /** Where it is to come from; null for what the node knows by itself. */
  readonly from: Source | null;
}

/** As cocoon makes them before its first image: an imported snapshot comes without. */
async function makeImageDirectories(root: string): Promise<void> {
  for (const path of imageDirectories(root)) await mkdir(path, { recursive: true, mode: 0o750 });
}

type Outcome = Pick<EnsureStep, 'outcome' | 'source' | 'findings'>;

/**
 * Brings one base that is missing or wrong. The place is never emptied first: what is brought is verified beside the
 * store and renamed over the name. Whatever goes wrong is a finding, and then the store is as it was.
 */
export async function bringBlob(site: Site, request: BringRequest): Promise<EnsureStep> {
  const started = performance.now();
  const { blob, path, because } = request.needed;
  const outcome = await attempted(site, request);
  const seconds = Math.round(performance.now() - started) / 1000;
  return { blob, path, because, seconds, ...outcome };
}

async function attempted(site: Site, request: BringRequest): Promise<Outcome> {
  const sources = request.from === null ? knownSources(request.origin) : [request.from];
  if (sources.length === 0) return refused(null, [notPullable(request.origin)]);
  const { store, run } = site;
  const { blob, path } = request.needed;
  try {
    await makeImageDirectories(store.root);
    const scratch = await openScratch(
      { store: store.root, blobs: dirname(path), blob, sources: sources.map(nameOf) },
      run.signal,
    );
    try {
      // Whoever had the directory before us has brought it, perhaps.
      const wrong = await whatIsWrong(run, request.base);
      if (wrong === null) return { outcome: 'present', source: null, findings: [] };
      return await fromFirst(site, request, { sources, scratch: scratch.root, wrong });
    } finally {
      await scratch.remove();
    }
  } catch (error) {
    if (error instanceof BlobcheckError && (error.code === 'aborted' || error.code === 'usage')) throw error;
    if (!(error instanceof BlobcheckError) && systemErrorCode(error) === null) throw error;
    const at = error instanceof BlobcheckError && error.path !== null ? `${error.path}: ` : '';
    return refused(null, [failed(request, null, at + systemErrorText(error))]);
  }
}

interface Attempt {
  readonly sources: readonly Source[];
  readonly scratch: string;
  readonly wrong: Wrong;
}

/** The first source that has the exact content; of those that have not, every one says why. */
async function fromFirst(site: Site, request: BringRequest, { sources, scratch, wrong }: Attempt): Promise<Outcome> {
  const findings: Finding[] = [];
  for (const [index, source] of sources.entries()) {
    const place = join(scratch, String(index + 1));
    await mkdir(place);
    const fetched = await fetchFrom(site, request, source, place);
    if (fetched.kind !== 'brought') findings.push(notBrought(request, source, fetched));
    else {
      const unfit = fetched.candidate.flaw ?? (await seal(site, request, fetched.candidate));
      if (unfit === null) return await accept(site, request, source, fetched, wrong);
      findings.push(failed(request, source, unfit));
    }
  }
  // Somebody with a better source has brought it meanwhile, perhaps.
  if ((await whatIsWrong(site.run, request.base)) === null) return { outcome: 'present', source: null, findings: [] };
  return refused(nameOf(sources[0]), findings);
}

async function fetchFrom(site: Site, request: BringRequest, source: Source, scratch: string): Promise<Fetched> {
  const { run, cocoon } = site;
  const { blob } = request.needed;
  const sealed = (await run.ledger.recall(blob)).seal?.digest ?? null;
  const { onProgress } = run.blobOptions;
  return await fetchBlob({ blob, source, scratch, sealed, cocoon }, { signal: run.signal, onProgress });
}

type Brought = Extract<Fetched, { kind: 'brought' }>;

/** Its seal is written: a kill before the rename leaves what was denied before, a kill after it what is right. */
async function accept(
  { store, run }: Site,
  request: BringRequest,
  source: Source,
  brought: Brought,
  wrong: Wrong,
): Promise<Outcome> {
  const { blob, path } = request.needed;
  return await withCocoonLocks(store, dirname(path), blob, run.signal, async (): Promise<Outcome> => {
    const place = await isStillWrong(run, request.base, wrong);
    if (place) await putInPlace(brought.candidate.path, path);
    return { outcome: place ? brought.how : 'present', source: nameOf(source), findings: [] };
  });
}

/** Null when its seal stands, or none is needed because it hashes to its name; else why it cannot be accepted. */
async function seal(site: Site, request: BringRequest, candidate: Candidate): Promise<string | null> {
  const { ledger } = site.run;
  const { blob } = request.needed;
  const known = (await ledger.recall(blob)).seal;
  if (known?.digest === `sha256:${candidate.hashed.digest}`) return null;
  const byName = candidate.hashed.digest === blob;
  const written = await ledger.reseal(blob, candidate.hashed, byName ? 'name' : 'pull');
  if (written.kind === 'written' || (byName && known === null)) return null;
  const why = 'problem' in written ? written.problem : null;
  return `its seal cannot be written: ${why ?? 'there is no right to write in the state directory'}`;
}

function notBrought(request: BringRequest, source: Source, fetched: Exclude<Fetched, Brought>): Finding {
  if (fetched.kind === 'failed') return failed(request, source, fetched.reason);
  const { blob } = request.needed;
  return finding('pull-other-content', `${nameOf(source)} has other content now than the snapshot stands on`, {
    subject: nameOf(source),
    expected: `sha256:${blob}`,
    expectedFrom: 'overlay header',
    actual: fetched.digests.map((digest) => `sha256:${digest}`).join(', '),
    ...wordsRemedy(
      `bake the snapshot again from the present build, publish the old build again, or ${fromAnotherNode(request.origin)}`,
    ),
  });
}

function failed(request: BringRequest, source: Source | null, reason: string): Finding {
  const what = source === null ? `sha256:${request.needed.blob}` : nameOf(source);
  return finding('pull-failed', `${what} could not be brought: ${reason}`, { subject: request.needed.path });
}

function refused(source: string | null, findings: readonly Finding[]): Outcome {
  return { outcome: 'refused', source, findings };
}

function nameOf(source: Source | undefined): string {
  if (source === undefined) return '';
  return source.kind === 'url' ? source.url : source.path;
}
