import { join } from 'node:path';
import { type Finding, finding } from '../finding/finding.js';
import type { DiskReport, EntryReport } from '../report/documents.js';
import { cloudImageBlobs } from '../store/layout.js';
import type { SnapshotRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import { errorFinding } from './error-finding.js';
import { withHealing } from './heal.js';
import { indexedBase } from './origin.js';
import { blobPathIn, type JudgedOverlay, judgeOverlay, judgeOverlayOnBase, overlayDisk } from './overlay.js';
import { realpathOrNull, rootSpellings } from './root-spellings.js';
import { judgePins } from './rules/pins.js';
import { judgeWitnesses } from './rules/witnesses.js';
import type { Run } from './run.js';
import { missingFirmware, readRawDisks, readSnapshotFacts } from './snapshot-facts.js';
import { judgeSnapshotFacts, ownDisks } from './snapshot-rules.js';
import { verdictOf } from './verdict.js';

/** Judges one snapshot that a reference has led to; whatever is wrong with it, the answer is an entry. */
export async function verifySnapshot(run: Run, store: Store, id: string, ref: string): Promise<EntryReport> {
  const blank = { ref, id, name: null, disks: [], blobs: [] };
  try {
    const record = await store.snapshot(id);
    const named = { ...blank, name: record.name === '' ? null : record.name };
    const unsupported = judgeKind(record);
    if (unsupported !== null) return { ...named, verdict: 'unverified', findings: [unsupported] };
    const judged = await judgeSnapshot(run, store, record);
    const findings = neverUnread(judged, ref);
    return { ...named, ...judged, findings, verdict: verdictOf(findings) };
  } catch (error) {
    const findings = [errorFinding(error, ref)];
    return { ...blank, verdict: verdictOf(findings), findings };
  }
}

/** Defence in depth: whatever the rules say, a snapshot whose base was not read to its end is never allowed. */
function neverUnread({ findings, blobs }: Judged, ref: string): Judged['findings'] {
  const read = blobs.length > 0 && blobs.every(({ how, actual }) => how !== null && actual !== null);
  if (read || verdictOf(findings) !== 'allow') return findings;
  return [...findings, finding('blob-unreadable', 'the base was not read', { subject: ref })];
}

type Judged = Pick<EntryReport, 'findings' | 'disks' | 'blobs'>;

async function judgeSnapshot(run: Run, store: Store, record: SnapshotRecord): Promise<Judged> {
  const facts = await readSnapshotFacts(record, store.root);
  const roots = await rootSpellings(store.root, record);
  const opened = { rawDisks: await readRawDisks(facts), missingFirmware: await missingFirmware(facts, roots) };
  const own = judgeSnapshotFacts(facts, opened, roots, run.allowedVmSections);
  const others = ownDisks(facts);
  if (facts.listing.kind !== 'directory' || !facts.listing.inStore) return { findings: own, disks: others, blobs: [] };

  const path = join(facts.directory, 'overlay.qcow2');
  // A missing overlay is the directory's finding.
  if (!facts.listing.entries.some(({ name, kind }) => name === 'overlay.qcow2' && kind === 'regular')) {
    return { findings: own, disks: others, blobs: [] };
  }
  const blobs = await realpathOrNull(cloudImageBlobs(store.root));
  const place = { blobs, spellings: roots.map(cloudImageBlobs), staysInPlace: false };
  const overlay = await judgeOverlay(path, place, run.signal);
  const based = await judgeOnBase(run, store, record, { path, overlay, blobs });
  return {
    findings: [...own, ...overlay.findings, ...based.findings],
    disks: [based.disk, ...others],
    blobs: based.blobs,
  };
}

interface OverlayInStore {
  readonly path: string;
  readonly overlay: JudgedOverlay;
  readonly blobs: string | null;
}

/** Rules 12 to 16: the base that the overlay's accepted name leads to. */
async function judgeOnBase(
  run: Run,
  store: Store,
  record: SnapshotRecord,
  { path, overlay, blobs }: OverlayInStore,
): Promise<{ findings: Finding[]; disk: DiskReport; blobs: EntryReport['blobs'] }> {
  const blob = overlay.base;
  if (blob === null || blobs === null) {
    const findings = judgeOverlayOnBase(path, overlay, null);
    return { findings, disk: overlayDisk('overlay.qcow2', overlay, []), blobs: [] };
  }
  const blobPath = blobPathIn(blobs, blob);
  const image = record.image === '' ? null : record.image;
  const { request, origin } = await indexedBase(store, blob, blobPath, image);
  const base = await run.base(request);
  const findings = [
    ...withHealing(base.findings, origin),
    ...judgeOverlayOnBase(path, overlay, base.header),
    ...judgeWitnesses({ record: record.id, headerDigest: blob, recordDigest: record.imageDigest }),
    ...judgePins({ ...origin, pinned: record.imageBlobIds, hashesToName: base.report.actual === `sha256:${blob}` }),
  ];
  const chain = [{ path: blobPath, format: 'qcow2', digest: base.report.actual }];
  return { findings, disk: overlayDisk('overlay.qcow2', overlay, chain), blobs: [base.report] };
}

function judgeKind(record: SnapshotRecord): Finding | null {
  const kind =
    record.hypervisor === 'firecracker' ? 'a Firecracker' : record.imageType === 'oci' ? 'an OCI image' : null;
  if (kind === null) return null;
  return finding('snapshot-unsupported', `this is ${kind} snapshot, which this version cannot judge`, {
    subject: record.name === '' ? record.id : record.name,
  });
}
