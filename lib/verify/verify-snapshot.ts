import { join } from 'node:path';
import { type Finding, finding } from '../finding/finding.js';
import type { EntryReport } from '../report/documents.js';
import { blobIn, cloudImageBlobs } from '../store/layout.js';
import type { SnapshotRecord } from '../store/records.js';
import type { Store } from '../store/store.js';
import { attempt, entryOf } from './entry.js';
import { withHealing } from './heal.js';
import { judgeOciFiles } from './oci-files.js';
import { ensureSnapshot, indexedBase } from './origin.js';
import { type JudgedOverlay, judgeOverlay, judgeOverlayOnBase, overlayDisk } from './overlay.js';
import { realpathOrNull, rootSpellings } from './root-spellings.js';
import { judgePins } from './rules/pins.js';
import { judgeRestore } from './rules/restore.js';
import { judgeWitnesses } from './rules/witnesses.js';
import type { Run } from './run.js';
import {
  missingOwnFirmware,
  readRawDisks,
  readSnapshotFacts,
  type SnapshotFacts,
  sameDirectory,
} from './snapshot-facts.js';
import { judgeSnapshotFacts, ownDisks } from './snapshot-rules.js';

/** A snapshot that a reference has led to, and the virtual machine that it would be restored onto. */
export interface SnapshotToJudge {
  readonly id: string;
  readonly ref: string;
  readonly vm?: string | undefined;
}

/** Judges one snapshot; whatever is wrong with it, the answer is an entry. */
export async function verifySnapshot(run: Run, store: Store, { id, ref, vm }: SnapshotToJudge): Promise<EntryReport> {
  const findings: Finding[] = [];
  const record = await attempt(findings, ref, () => store.snapshot(id));
  if (record === null) return entryOf({ ref, id, findings });
  return await verifyRecord(run, store, { ref, record, vm, outside: false });
}

/** A snapshot whose record is known. */
export interface RecordToJudge {
  readonly ref: string;
  readonly record: SnapshotRecord;
  /** A virtual machine that it would be restored onto. */
  readonly vm: string | undefined;
  /** Whether its files lie outside the store, and no index knows it. */
  readonly outside: boolean;
}

/** Judges the files of a snapshot by its record. */
export async function verifyRecord(
  run: Run,
  store: Store,
  { ref, record, vm, outside }: RecordToJudge,
): Promise<EntryReport> {
  const findings: Finding[] = [];
  const id = outside ? null : record.id;
  const named = { ref, id, name: record.name === '' ? null : record.name };
  const place = { root: store.root, outside };
  const facts = await attempt(findings, ref, () => readSnapshotFacts(record, place));
  const unsupported = judgeKind(record, ref);
  if (unsupported !== null) return entryOf({ ...named, findings: [unsupported] });
  if (facts === null) return entryOf({ ...named, findings });

  const roots = await rootSpellings(store.root, record);
  const rawDisks = await readRawDisks(facts, findings);
  const firmware = await attempt(findings, ref, () => missingOwnFirmware(facts, roots));
  const opened = { rawDisks, missingFirmware: firmware };
  findings.push(...judgeSnapshotFacts(facts, opened, { roots, runDirs: store.runDirs }, run.allowedVmSections));
  if (!facts.readable) return entryOf({ ...named, findings, disks: ownDisks(facts) });

  if (vm !== undefined) findings.push(...(await judgeVirtualMachine(store, facts, vm)));
  const judgeDisks = facts.kind === 'cloud-image' ? judgeOverlayAndBase : judgeOciFiles;
  const based = await judgeDisks(run, store, facts, roots, findings);
  return run.watch(entryOf({ ...named, findings, ...based }), {
    path: facts.directory,
    areSame: sameDirectory(facts, place),
  });
}

async function judgeVirtualMachine(store: Store, facts: SnapshotFacts, ref: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const found = await attempt(findings, ref, () => store.virtualMachines(ref));
  const ours = found?.filter(({ hypervisor }) => hypervisor === (facts.record.hypervisor ?? 'cloud-hypervisor')) ?? [];
  if (found !== null && (ours.length === 0 || found.length > 1)) {
    const why = found.length > 1 ? 'is one of two hypervisors' : 'is not there';
    findings.push(finding('vm-not-found', `the virtual machine ${ref} ${why}`, { subject: ref }));
  }
  // A sidecar that cannot be read is its own finding.
  const { sidecar } = facts;
  if (sidecar.kind === 'ok') findings.push(...ours.flatMap((vm) => judgeRestore({ vm, sidecar: sidecar.value })));
  return findings;
}

/** Rules 9 to 16: the overlay, and the base that its accepted name leads to. */
async function judgeOverlayAndBase(
  run: Run,
  store: Store,
  facts: SnapshotFacts,
  roots: readonly string[],
  findings: Finding[],
): Promise<Pick<EntryReport, 'disks' | 'blobs'>> {
  const path = join(facts.directory, 'overlay.qcow2');
  const blobs = (await realpathOrNull(cloudImageBlobs(store.root))) ?? cloudImageBlobs(store.root);
  const place = { blobs, spellings: roots.map(cloudImageBlobs), staysInPlace: false };
  const overlay = facts.has('overlay.qcow2')
    ? await attempt(findings, path, () => judgeOverlay(path, place, run.signal))
    : null;
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
    judgeOnBase(run, store, facts.record, { path, overlay, blob, blobPath }, findings),
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
}

/** Rules 12 to 16 for an overlay on a blob of the store. */
async function judgeOnBase(
  run: Run,
  store: Store,
  record: SnapshotRecord,
  { path, overlay, blob, blobPath }: OverlayOnBlob,
  findings: Finding[],
): Promise<EntryReport['blobs'][number]> {
  const image = record.image === '' ? null : record.image;
  const ensure = ensureSnapshot(record.name === '' ? record.id : record.name);
  const indexed = await attempt(findings, path, () => indexedBase(store, blob, blobPath, { image, ensure }));
  const base = await run.blob(indexed?.request ?? { blob, path: blobPath, indexedBytes: [] });
  const nowhere = { blob, blobPath, image, indexedAs: [], imageLeadsTo: null, ensure };
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

/** What no cocoon that we know writes. */
function judgeKind({ hypervisor, imageType }: SnapshotRecord, ref: string): Finding | null {
  const kind =
    hypervisor !== null && hypervisor !== 'cloud-hypervisor' && hypervisor !== 'firecracker'
      ? `a snapshot of ${hypervisor}`
      : imageType !== null && imageType !== 'cloudimg' && imageType !== 'oci'
        ? `a snapshot of an image of the type ${imageType}`
        : null;
  return kind === null
    ? null
    : finding('snapshot-unsupported', `this is ${kind}, which this version cannot judge`, { subject: ref });
}
