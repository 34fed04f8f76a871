import { type Finding, finding } from '../finding/finding.js';
import type { Command } from '../finding/remedy.js';
import type { EntryReport } from '../report/documents.js';
import type { Store } from '../store/store.js';
import { attempt, entryOf } from './entry.js';
import { judgeOciFiles } from './oci-files.js';
import { judgeOverlayAndBase, type OverlayToJudge } from './overlay-on-base.js';
import { rootSpellings } from './root-spellings.js';
import type { RawDiskFacts } from './rules/raw-disk.js';
import { judgeRestore } from './rules/restore.js';
import type { Run } from './run.js';
import { missingOwnFirmware, type SnapshotFacts } from './snapshot-facts.js';
import { judgeSnapshotFacts, ownDisks } from './snapshot-rules.js';

/** What was read of a snapshot, wherever its files are. */
export interface SnapshotFiles {
  readonly ref: string;
  /** Null for one that no index knows. */
  readonly id: string | null;
  readonly facts: SnapshotFacts;
  readonly rawDisks: readonly RawDiskFacts[];
  /** What came of reading it. */
  readonly findings: readonly Finding[];
  readonly judgeOverlay: OverlayToJudge['judgeOverlay'];
  /** The command that brings its base; null where there is none. */
  readonly ensure: Command | null;
  /** A virtual machine that it would be restored onto. */
  readonly vm?: string | undefined;
}

/** Rules 3 to 17 for a snapshot whose files were read. */
export async function judgeFiles(run: Run, store: Store, files: SnapshotFiles): Promise<EntryReport> {
  const { ref, id, facts, rawDisks, judgeOverlay, ensure, vm } = files;
  const { record } = facts;
  const findings = [...files.findings];
  const named = { ref, id, name: record.name === '' ? null : record.name };
  const roots = await rootSpellings(store.root, record);
  const missingFirmware = await attempt(findings, ref, () => missingOwnFirmware(facts, roots));
  const place = { roots, runDirs: store.runDirs };
  findings.push(...judgeSnapshotFacts(facts, { rawDisks, missingFirmware }, place, run.allowedVmSections));
  if (!facts.readable) return entryOf({ ...named, findings, disks: ownDisks(facts) });
  if (vm !== undefined) findings.push(...(await judgeVirtualMachine(store, facts, vm)));
  const stood =
    facts.kind === 'cloud-image'
      ? await judgeOverlayAndBase(run, store, { facts, roots, findings, judgeOverlay, ensure })
      : await judgeOciFiles(run, store, { facts, roots, findings, sealedAs: id === null ? null : (named.name ?? id) });
  return entryOf({ ...named, findings, ...stood });
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
