import type { Finding } from '../finding/finding.js';
import type { EntryReport, Summary, Verdict } from '../report/documents.js';

/** The verdict that a list of findings gives: any error denies, else anything that could not be judged is unverified. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some(({ severity }) => severity === 'error')) return 'deny';
  return findings.some(({ severity }) => severity === 'unverified') ? 'unverified' : 'allow';
}

/** The worst of several verdicts, in the order deny, unverified, allow. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('deny')) return 'deny';
  return verdicts.includes('unverified') ? 'unverified' : 'allow';
}

/** Counts of a run; what was skipped is never counted as allowed. */
export function summarize(entries: readonly EntryReport[], skipped: number): Summary {
  const count = (verdict: Verdict) => entries.filter((entry) => entry.verdict === verdict).length;
  return { allow: count('allow'), deny: count('deny'), unverified: count('unverified'), skipped };
}
