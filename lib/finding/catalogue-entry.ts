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

/** Entries by their codes. */
export type CatalogueEntries = Readonly<Record<string, CatalogueEntry>>;
