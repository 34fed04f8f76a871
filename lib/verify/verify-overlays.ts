import { realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { BlobcheckError, systemErrorCode } from '../errors.js';
import { absolutePath } from '../file/absolute-path.js';
import { identityAt, sameIdentity } from '../file/identity.js';
import { type Finding, finding } from '../finding/finding.js';
import { wordsRemedy } from '../finding/remedy.js';
import type { EntryReport, VerifyReport } from '../report/documents.js';
import { blobIn } from '../store/layout.js';
import { attempt, entryOf } from './entry.js';
import { errorFinding } from './error-finding.js';
import { fromAnotherNode, withHealing } from './heal.js';
import { type BlobPlace, judgeOverlay, judgeOverlayOnBase, overlayDisk } from './overlay.js';
import { buildReport } from './report.js';
import { type CheckOptions, type Run, startRun } from './run.js';
import { judgeSideBySide } from './side-by-side.js';

export interface OverlaysRequest {
  /** Paths of qcow2 overlays. */
  readonly overlays: readonly string[];
  /** Patterns that no file matches: each is an entry of its own, never "all well". */
  readonly unmatched?: readonly string[];
  /** Patterns that a directory stands in the way of, and the system's error. */
  readonly unreadable?: readonly { readonly pattern: string; readonly error: unknown }[];
  /** The directory of `<sha256>.qcow2` files that they stand on. */
  readonly blobs: string;
}

/** Rules 9 to 15 for qcow2 overlays and a digest-named directory outside cocoon; the overlays stay in their places. */
export async function verifyOverlays(request: OverlaysRequest, options: CheckOptions): Promise<VerifyReport> {
  // Outside cocoon nobody comes by again who would have it read later.
  const run = await startRun(request.blobs, { ...options, readsOverdue: true });
  const named = absolutePath(request.blobs);
  const blobs = directoryAt(named);
  if (typeof blobs !== 'string') return buildReport(run, { root: null, engine: null, findings: [blobs] });
  const place: BlobPlace = { blobs, spellings: [named, blobs], staysInPlace: true };
  const judged = await judgeSideBySide(run, request.overlays, (waiting, path) =>
    verifyOverlay(waiting, place, absolutePath(path), path),
  );
  const overlays = [
    ...judged,
    ...(request.unmatched ?? []).map(noOverlay),
    ...(request.unreadable ?? []).map(({ pattern, error }) =>
      entryOf({ ref: pattern, findings: [errorFinding(error, pattern)] }),
    ),
  ];
  return buildReport(run, { root: null, engine: null, overlays: await run.recheck(overlays) });
}

/** The directory itself, every link on the way resolved; the finding where there is none, or none to look for. */
function directoryAt(path: string): string | Finding {
  try {
    const directory = realpathSync.native(path);
    if (statSync(directory).isDirectory()) return directory;
    throw new BlobcheckError('unreadable', 'the bases are looked for in what is no directory', { path });
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT' && systemErrorCode(error) !== 'ENOTDIR') return errorFinding(error, path);
    const message = 'the directory that the bases are looked for in is not there';
    const hint = 'name the directory of the <sha256>.qcow2 files, or mount it';
    return errorFinding(new BlobcheckError('unreadable', message, { path, hint }));
  }
}

async function verifyOverlay(run: Run, place: BlobPlace, path: string, ref: string): Promise<EntryReport> {
  const findings: Finding[] = [];
  const file = basename(path);
  const overlay = await attempt(findings, path, () => judgeOverlay(path, place, run.signal));
  if (overlay === null) return entryOf({ ref, findings });
  findings.push(...overlay.findings);
  const { base: blob, basePath, identity } = overlay;
  if (blob === null) {
    findings.push(...judgeOverlayOnBase(path, overlay, null));
    return entryOf({ ref, findings, disks: [overlayDisk(file, overlay, [])] });
  }
  const blobPath = blobIn(place.blobs, blob);
  const base = await run.blob({ blob, path: blobPath, names: [basePath ?? blobPath], indexedBytes: [] });
  const origin = { blob, blobPath, image: null, indexedAs: [], imageLeadsTo: null, ensure: null, place: run.place };
  findings.push(
    // Outside cocoon nothing seals a base: it is what its name says, or it is wrong.
    ...withHealing(base.findings, origin).map((found) =>
      found.code === 'blob-unsealed' ? { ...found, ...wordsRemedy(fromAnotherNode(origin)) } : found,
    ),
    ...judgeOverlayOnBase(path, overlay, base.header),
  );
  const chain = [{ path: blobPath, format: 'qcow2', digest: base.report.actual }];
  return run.watch(entryOf({ ref, findings, disks: [overlayDisk(file, overlay, chain)], blobs: [base.report] }), {
    path,
    areSame: async () => identity !== null && sameIdentity(identity, await identityAt(path)),
  });
}

/** The entry of a pattern that no overlay matches. */
function noOverlay(pattern: string): EntryReport {
  const found = finding('snapshot-not-found', `no overlay matches ${pattern}`, {
    subject: pattern,
    ...wordsRemedy('check the pattern of --overlay, and the directory that it is relative to'),
  });
  return entryOf({ ref: pattern, findings: [found] });
}
