import { type Finding, finding } from '../finding/finding.js';
import type { EntryReport, VerifyReport } from '../report/documents.js';
import type { Run } from './run.js';
import { summarize, verdictOf, worstVerdict } from './verdict.js';

export interface ReportParts {
  readonly root: string | null;
  readonly engine: 'json' | 'sqlite' | null;
  /** Findings of the run itself. */
  readonly findings?: readonly Finding[];
  readonly snapshots?: readonly EntryReport[];
  readonly images?: readonly EntryReport[];
  readonly overlays?: readonly EntryReport[];
  /** Pending snapshots that were passed over. */
  readonly skipped?: number;
}

/** The document of a run: verdict and counts are computed from the entries and findings. */
export function buildReport(run: Run, parts: ReportParts): VerifyReport {
  const { snapshots = [], images = [], overlays = [] } = parts;
  const entries = [...snapshots, ...images, ...overlays];
  const findings = [...(parts.findings ?? []), ...stateFindings(run)];
  return {
    schema: 'blobcheck/verify/v1',
    verdict: worstVerdict([verdictOf(findings), ...entries.map(({ verdict }) => verdict)]),
    root: parts.root,
    engine: parts.engine,
    seconds: run.seconds(),
    summary: summarize(entries, parts.skipped ?? 0),
    findings,
    snapshots: [...snapshots],
    images: [...images],
    overlays: [...overlays],
  };
}

/** Trouble with the state directory is one warning, however many files it hides. */
export function stateFindings(run: Run): Finding[] {
  const [first, ...others] = [...run.ledger.problems];
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return [finding('state-unusable', `what was read is not remembered: ${first}${more}`, {})];
}
