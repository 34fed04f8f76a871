import { basename, resolve } from 'node:path';
import { identityAt, sameIdentity } from '../file/identity.js';
import { type Finding, finding } from '../finding/finding.js';
import { wordsRemedy } from '../finding/remedy.js';
import type { EntryReport, VerifyReport } from '../report/documents.js';
import { blobIn } from '../store/layout.js';
import { attempt, entryOf } from './entry.js';
import { withHealing } from './heal.js';
import { type BlobPlace, judgeOverlay, judgeOverlayOnBase, overlayDisk } from './overlay.js';
import { buildReport } from './report.js';
import { realpathOrNull } from './root-spellings.js';
import { type CheckOptions, type Run, startRun } from './run.js';
import { judgeSideBySide } from './side-by-side.js';

export interface OverlaysRequest {
  /** Paths of qcow2 overlays. */
  readonly overlays: readonly string[];
  /** Patterns that no file matches: each is an entry of its own, never "all well". */
  readonly unmatched?: readonly string[];
  /** The directory of `<sha256>.qcow2` files that they stand on. */
  readonly blobs: string;
}

/** Rules 9 to 15 for qcow2 overlays and a digest-named directory outside cocoon; the overlays stay in their places. */
export async function verifyOverlays(request: OverlaysRequest, options: CheckOptions): Promise<VerifyReport> {
  // Outside cocoon nobody comes by again who would have it read later.
  const run = await startRun(request.blobs, { ...options, readsOverdue: true });
  const named = resolve(request.blobs);
  // Where the directory is not there, or not to be looked into, its blobs are missing or unreadable.
  const blobs = (await realpathOrNull(named)) ?? named;
  const place: BlobPlace = { blobs, spellings: [named, blobs], staysInPlace: true };
  const judged = await judgeSideBySide(run, request.overlays, (waiting, path) =>
    verifyOverlay(waiting, place, resolve(path), path),
  );
  const overlays = [...judged, ...(request.unmatched ?? []).map(noOverlay)];
  return buildReport(run, { root: null, engine: null, overlays: await run.recheck(overlays) });
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
  findings.push(...withHealing(base.findings, origin), ...judgeOverlayOnBase(path, overlay, base.header));
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
