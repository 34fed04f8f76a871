import { basename } from 'node:path';
import type { FindingCode } from '../finding/catalogue.js';
import type { EntryReport } from '../report/documents.js';

/** A base that has to be brought, and why. */
export interface NeededBlob {
  /** Hex digest in its name. */
  readonly blob: string;
  readonly path: string;
  readonly because: FindingCode;
}

/**
 * What is missing, or wrong for certain. Never one that is only unsealed: it may be healthy, and a hostile import could
 * name a popular base together with a URL of its own. Nor one that could not be read: the disk is at fault.
 */
const bringable: ReadonlySet<FindingCode> = new Set([
  'blob-missing',
  'blob-empty',
  'blob-not-regular',
  'blob-size-mismatch',
  'blob-corrupt',
  'blob-replaced',
]);

/** Why a base may be overwritten; null where it may not. */
export function reasonToBring(findings: readonly { readonly code: FindingCode }[]): FindingCode | null {
  return findings.find(({ code }) => bringable.has(code))?.code ?? null;
}

/** The bases of an entry that a fresh copy of the same content mends. */
export function neededBlobs(entry: EntryReport): NeededBlob[] {
  return entry.blobs.flatMap(({ path }) => {
    const because = reasonToBring(entry.findings.filter(({ subject }) => subject === path));
    return because === null ? [] : [{ blob: basename(path, '.qcow2'), path, because }];
  });
}
