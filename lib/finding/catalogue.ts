import { baseEntries } from './catalogue-base.js';
import { snapshotEntries } from './catalogue-snapshot.js';

/** `error` denies, `unverified` means that something could not be judged, `warning` and `info` stand beside an allow. */
export type Severity = 'error' | 'unverified' | 'warning' | 'info';

export interface CatalogueEntry {
  readonly severity: Severity;
  /** What the finding means. */
  readonly means: string;
  /** Why it matters to whoever clones. */
  readonly matters: string;
  /** What to do about it. */
  readonly mend: string;
}

/** Every code that a check can report. A code never changes its meaning; new ones may be added. */
export const catalogue = { ...snapshotEntries, ...baseEntries } satisfies Record<string, CatalogueEntry>;

export type FindingCode = keyof typeof catalogue;

export const findingCodes = Object.keys(catalogue) as FindingCode[];

export function isFindingCode(code: string): code is FindingCode {
  return Object.hasOwn(catalogue, code);
}
