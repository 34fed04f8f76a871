import type { EnsureStep, EntryReport, VerifyReport } from '../report/documents.js';
import { entryOf } from '../verify/entry.js';
import { summarize, verdictOf, worstVerdict } from '../verify/verdict.js';

/** A report in which what could not be brought, from anywhere, stands first in every entry that needs it. */
export function withStepFindings(report: VerifyReport, steps: readonly EnsureStep[]): VerifyReport {
  const brought = new Set(steps.filter(({ outcome }) => outcome !== 'refused').map(({ path }) => path));
  const inVain = steps.filter(({ path }) => path === null || !brought.has(path));
  const told = (entry: EntryReport): EntryReport => {
    const isFor = (step: EnsureStep) =>
      step.path === null ? step.source === entry.ref : entry.blobs.some(({ path }) => path === step.path);
    const findings = inVain.filter(isFor).flatMap((step) => step.findings);
    return findings.length === 0 ? entry : entryOf({ ...entry, findings: [...findings, ...entry.findings] });
  };
  const snapshots = report.snapshots.map(told);
  const images = report.images.map(told);
  const entries = [...snapshots, ...images];
  return {
    ...report,
    verdict: worstVerdict([verdictOf(report.findings), ...entries.map(({ verdict }) => verdict)]),
    summary: summarize(entries, report.summary.skipped),
    snapshots,
    images,
  };
}
