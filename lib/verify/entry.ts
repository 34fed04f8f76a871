import { type Finding, finding } from '../finding/finding.js';
import type { EntryReport } from '../report/documents.js';
import { errorFinding } from './error-finding.js';
import { verdictOf } from './verdict.js';

/** What is known of one thing that was asked about; the verdict is computed from it. */
export type EntryParts = Partial<Omit<EntryReport, 'verdict'>> & Pick<EntryReport, 'ref' | 'findings'>;

const order = ['error', 'unverified', 'warning', 'info'] as const;

/** An entry of the report: its findings by severity, in the order of the rules within one, and its verdict. */
export function entryOf(parts: EntryParts): EntryReport {
  const { ref, id = null, name = null, disks = [], blobs = [] } = parts;
  const findings = [...parts.findings, ...neverUnread(parts)];
  findings.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return { ref, id, name, verdict: verdictOf(findings), findings, disks, blobs };
}

/** Defence in depth: whatever the rules say, what stands on a base that was not read to its end is never allowed. */
function neverUnread({ ref, findings, blobs = [] }: EntryParts): Finding[] {
  const read = blobs.length > 0 && blobs.every(({ how, actual }) => how !== null && actual !== null);
  if (read || verdictOf(findings) !== 'allow') return [];
  return [finding('blob-unreadable', 'the base was not read', { subject: ref })];
}

/** Does one step of a check; one that cannot be done leaves its finding and null, and the next steps go on. */
export async function attempt<T>(findings: Finding[], subject: string, step: () => Promise<T>): Promise<T | null> {
  try {
    return await step();
  } catch (error) {
    findings.push(errorFinding(error, subject));
    return null;
  }
}
