import { join } from 'node:path';
import type { Finding } from '../finding/finding.js';
import type { Command } from '../finding/remedy.js';
import type { EntryReport } from '../report/documents.js';
import { blobIn, cloudImageBlobs } from '../store/layout.js';
import type { SnapshotRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import { attempt } from './entry.js';
import { withHealing } from './heal.js';
import { indexedBase } from './origin.js';
import { type BlobPlace, type JudgedOverlay, judgeOverlayOnBase, overlayDisk } from './overlay.js';
import { realpathOrNull } from './root-spellings.js';
import { judgePins } from './rules/pins.js';
import { judgeWitnesses } from './rules/witnesses.js';
import type { Run } from './run.js';
import type { SnapshotFacts } from './snapshot-facts.js';
import { ownDisks } from './snapshot-rules.js';

export interface OverlayToJudge {
  readonly facts: SnapshotFacts;
  readonly roots: readonly string[];
  /** Gets what is found. */
  readonly findings: Finding[];
  /** Rules 9 to 11, wherever its bytes are. */
  judgeOverlay(path: string, place: BlobPlace): Promise<JudgedOverlay>;
  /** The command that brings the base; null where there is none. */
  readonly ensure: Command | null;
}

/** Rules 9 to 16: the overlay, and the base that its accepted name leads to. */
export async function judgeOverlayAndBase(
  run: Run,
  store: Store,
  { facts, roots, findings, judgeOverlay, ensure }: OverlayToJudge,
): Promise<Pick<EntryReport, 'disks' | 'blobs'>> {
  const path = join(facts.directory, 'overlay.qcow2');
  const blobs = (await realpathOrNull(cloudImageBlobs(store.root))) ?? cloudImageBlobs(store.root);
  const place = { blobs, spellings: roots.map(cloudImageBlobs), staysInPlace: false };
  const overlay = facts.has('overlay.qcow2') ? await attempt(findings, path, () => judgeOverlay(path, place)) : null;
  // A missing overlay is the directory's finding.
  if (overlay === null) return { disks: ownDisks(facts), blobs: [] };
  findings.push(...overlay.findings);
  const { base: blob } = overlay;
  if (blob === null) {
    findings.push(...judgeOverlayOnBase(path, overlay, null));
    return { disks: [overlayDisk('overlay.qcow2', overlay, []), ...ownDisks(facts)], blobs: [] };
  }
  const blobPath = blobIn(blobs, blob);
  const report = await attempt(findings, path, () =>
    judgeOnBase(run, store, facts.record, { path, overlay, blob, blobPath, ensure }, findings),
  );
  const chain = [{ path: blobPath, format: 'qcow2', digest: report?.actual ?? null }];
  const disks = [overlayDisk('overlay.qcow2', overlay, chain), ...ownDisks(facts)];
  return { disks, blobs: report === null ? [] : [report] };
}

interface OverlayOnBlob {
  readonly path: string;
  readonly overlay: JudgedOverlay;
  readonly blob: string;
  readonly blobPath: string;
  readonly ensure: Command | null;
}

/** Rules 12 to 16 for an overlay on a blob of the store. */
async function judgeOnBase(
  run: Run,
  store: Store,
  record: SnapshotRecord,
  { path, overlay, blob, blobPath, ensure }: OverlayOnBlob,
  findings: Finding[],
): Promise<EntryReport['blobs'][number]> {
  const image = record.image === '' ? null : record.image;
  const indexed = await attempt(findings, path, () =>
    indexedBase(store, blob, blobPath, { image, ensure, place: run.place }),
  );
  const names = overlay.basePath === null ? [] : [overlay.basePath];
  const base = await run.blob({ ...(indexed?.request ?? { blob, path: blobPath, indexedBytes: [] }), names });
  const nowhere = { blob, blobPath, image, indexedAs: [], imageLeadsTo: null, ensure, place: run.place };
  findings.push(
    ...withHealing(base.findings, indexed?.origin ?? nowhere),
    ...judgeOverlayOnBase(path, overlay, base.header),
    ...judgeWitnesses({ record: record.id, headerDigest: blob, recordDigest: record.imageDigest }),
  );
  if (indexed !== null) {
    const hashesToName = base.report.actual === `sha256:${blob}`;
    findings.push(...judgePins({ ...indexed.origin, pinned: record.imageBlobIds, hashesToName }));
  }
  return base.report;
}
