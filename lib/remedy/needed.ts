import { basename } from 'node:path';
import type { FindingCode } from '../finding/catalogue.js';
import type { Finding } from '../finding/finding.js';
import type { EntryReport } from '../report/documents.js';
import { verdictOf } from '../verify/verdict.js';

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
  return basesThat(entry, reasonToBring);
}

/** The bases of an entry of which nobody knows whether they are wrong. */
export function unsealedBases(entry: EntryReport): NeededBlob[] {
  return basesThat(entry, (findings) => findings.find(({ code }) => code === 'blob-unsealed')?.code ?? null);
}

function basesThat(entry: EntryReport, reasonOf: (findings: readonly Finding[]) => FindingCode | null): NeededBlob[] {
  return entry.blobs.filter(isBase).flatMap(({ path }) => {
    const because = reasonOf(entry.findings.filter(({ subject }) => subject === path));
    return because === null ? [] : [{ blob: basename(path, '.qcow2'), path, because }];
  });
}

/** Layers and boot files are brought by cocoon's own `image pull`, as their remedies say. */
const isBase = ({ path }: { readonly path: string }): boolean => path.endsWith('.qcow2');

/** Findings of an entry's bases: what a fresh copy of the same content can mend. */
export function findingsOfBase(entry: EntryReport): readonly Finding[] {
  const paths = new Set(entry.blobs.map(({ path }) => path));
  // That a base would be guessed at matters only while it is not there, and sound.
  return entry.findings.filter(({ subject, code }) => paths.has(subject ?? '') || code === 'backing-format-missing');
}

/** Whether nothing but its base speaks against an entry. */
export function isOtherwiseAllowed(entry: EntryReport): boolean {
  const ofBase = new Set(findingsOfBase(entry));
  return verdictOf(entry.findings.filter((found) => !ofBase.has(found))) === 'allow';
}
