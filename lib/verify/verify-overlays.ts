import { basename, resolve } from 'node:path';
import { finding } from '../finding/finding.js';
import type { EntryReport, VerifyReport } from '../report/documents.js';
import { withHealing } from './heal.js';
import { type BlobPlace, blobPathIn, judgeOverlay, judgeOverlayOnBase, overlayDisk } from './overlay.js';
import { buildReport } from './report.js';
import { realpathOrNull } from './root-spellings.js';
import { type CheckOptions, type Run, startRun } from './run.js';
import { verdictOf } from './verdict.js';

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
  const run = await startRun(request.blobs, options);
  const blobs = await realpathOrNull(request.blobs);
  const spellings = [resolve(request.blobs), ...(blobs === null ? [] : [blobs])];
  const place: BlobPlace = { blobs, spellings, staysInPlace: true };
  const overlays: EntryReport[] = [];
  for (const path of request.overlays) overlays.push(await verifyOverlay(run, place, resolve(path), path));
  overlays.push(...(request.unmatched ?? []).map(noOverlay));
  return buildReport(run, { root: null, engine: null, overlays });
}

async function verifyOverlay(run: Run, place: BlobPlace, path: string, ref: string): Promise<EntryReport> {
  const overlay = await judgeOverlay(path, place, run.signal);
  const blob = overlay.base;
  if (blob === null || place.blobs === null) {
    const findings = [...overlay.findings, ...judgeOverlayOnBase(path, overlay, null)];
    const disks = [overlayDisk(basename(path), overlay, [])];
    return { ref, id: null, name: null, verdict: verdictOf(findings), findings, disks, blobs: [] };
  }
  const blobPath = blobPathIn(place.blobs, blob);
  const base = await run.base({ blob, path: blobPath, indexedBytes: [] });
  const origin = { blob, blobPath, image: null, indexedAs: [], imageLeadsTo: null };
  const findings = [
    ...overlay.findings,
    ...withHealing(base.findings, origin),
    ...judgeOverlayOnBase(path, overlay, base.header),
  ];
  const chain = [{ path: blobPath, format: 'qcow2', digest: base.report.actual }];
  return {
    ref,
    id: null,
    name: null,
    verdict: verdictOf(findings),
    findings,
    disks: [overlayDisk(basename(path), overlay, chain)],
    blobs: [base.report],
  };
}

/** The entry of a pattern that no overlay matches. */
function noOverlay(pattern: string): EntryReport {
  const found = finding('snapshot-not-found', `no overlay matches ${pattern}`, { subject: pattern });
  return { ref: pattern, id: null, name: null, verdict: 'deny', findings: [found], disks: [], blobs: [] };
}
