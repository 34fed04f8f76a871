import { type Finding, finding } from '../finding/finding.js';
import type { EntryReport } from '../report/documents.js';
import type { SnapshotRecord } from '../store/records.js';
import { isSameListing, type SnapshotDirectory } from '../store/snapshot-directory.js';
import type { Store } from '../store/store.js';
import { attempt, entryOf } from './entry.js';
import { judgeFiles } from './judge-files.js';
import { ensureDirectory, ensureSnapshot } from './origin.js';
import { type BlobPlace, judgeOverlay } from './overlay.js';
import type { Run } from './run.js';
import { readRawDisks, readSnapshotFacts, sameDirectory } from './snapshot-facts.js';

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
  /** The directory before the record was read, where the record is a file in it. */
  readonly listed?: SnapshotDirectory;
}

/** Judges the files of a snapshot by its record. */
export async function verifyRecord(
  run: Run,
  store: Store,
  { ref, record, vm, outside, listed }: RecordToJudge,
): Promise<EntryReport> {
  const findings: Finding[] = [];
  const id = outside ? null : record.id;
  const place = { root: store.root, outside };
  const unsupported = judgeKind(record, ref);
  const facts = unsupported === null ? await attempt(findings, ref, () => readSnapshotFacts(record, place)) : null;
  if (facts === null) {
    const name = record.name === '' ? null : record.name;
    return entryOf({ ref, id, name, findings: unsupported === null ? findings : [unsupported] });
  }
  if (listed !== undefined && !isSameListing(listed, facts.listing)) {
    findings.push(finding('file-changed', 'it changed while it was being read', { subject: facts.directory }));
  }
  const rawDisks = await readRawDisks(facts, findings);
  const ensure = outside
    ? ensureDirectory(run.place, ref)
    : ensureSnapshot(run.place, record.name === '' ? record.id : record.name);
  const fromFile = (path: string, blobs: BlobPlace) => judgeOverlay(path, blobs, run.signal);
  const entry = await judgeFiles(run, store, {
    ref,
    id,
    facts,
    rawDisks,
    findings,
    judgeOverlay: fromFile,
    ensure,
    vm,
  });
  if (!facts.readable) return entry;
  return run.watch(entry, { path: facts.directory, areSame: sameDirectory(facts, place) });
}

/** What no cocoon that we know writes. */
export function judgeKind({ hypervisor, imageType }: SnapshotRecord, ref: string): Finding | null {
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
