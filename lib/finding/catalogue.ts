import { baseEntries } from './catalogue-base.js';
import { diskEntries } from './catalogue-disks.js';
import { ensureEntries } from './catalogue-ensure.js';
import type { CatalogueEntries } from './catalogue-entry.js';
import { overlayEntries } from './catalogue-overlay.js';
import { snapshotEntries } from './catalogue-snapshot.js';

export type { CatalogueEntry, Severity } from './catalogue-entry.js';

/** Every code that a check can report. A code never changes its meaning; new ones may be added. */
export const catalogue = {
  ...snapshotEntries,
  ...diskEntries,
  ...overlayEntries,
  ...baseEntries,
  ...ensureEntries,
} satisfies CatalogueEntries;

export type FindingCode = keyof typeof catalogue;

export const findingCodes = Object.keys(catalogue) as FindingCode[];

export function isFindingCode(code: string): code is FindingCode {
  return Object.hasOwn(catalogue, code);
}
