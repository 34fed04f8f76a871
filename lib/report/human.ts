import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';
import { escapeText } from '../finding/escape.js';
import type { Finding } from '../finding/finding.js';
import type { BlobReport, EntryReport, Summary, Verdict, VerifyReport } from './documents.js';

/** Paints one word of the output; the identity where there is no terminal or `NO_COLOR` is set. */
export type Paint = (style: 'red' | 'yellow' | 'green' | 'dim' | 'bold', text: string) => string;

export const plain: Paint = (_style, text) => text;

const verdictWords: Readonly<Record<Verdict, { word: string; style: 'red' | 'yellow' | 'green' }>> = {
  allow: { word: 'allow     ', style: 'green' },
  deny: { word: 'DENY      ', style: 'red' },
  unverified: { word: 'UNVERIFIED', style: 'yellow' },
};

const severityStyles = { error: 'red', unverified: 'yellow', warning: 'yellow', info: 'dim' } as const;

/** Bytes for a person, in units of 1,000 as disks are sold and rates are given. */
export function bytesText(bytes: number): string {
  return prettyBytes(bytes);
}

export function secondsText(seconds: number): string {
  return prettyMilliseconds(seconds * 1000, { secondsDecimalDigits: 1, millisecondsDecimalDigits: 0 });
}

/** A verify report for a person: one line an entry, its findings below it, a summary at the end. */
export function verifyText(report: VerifyReport, paint: Paint): string {
  const lines: string[] = [];
  for (const found of report.findings) lines.push(...findingLines(found, '', paint));
  // A base that several stand on was read once.
  const shown = new Set<string>();
  for (const entry of [...report.snapshots, ...report.images, ...report.overlays]) {
    lines.push(...entryLines(entry, shown, paint));
  }
  lines.push(summaryLine(report));
  return `${lines.join('\n')}\n`;
}

function entryLines(entry: EntryReport, shown: Set<string>, paint: Paint): string[] {
  const { word, style } = verdictWords[entry.verdict];
  const read = readsText(
    entry.blobs.filter((blob) => blob.how !== null),
    shown,
  );
  const details = read === '' ? '' : paint('dim', `  ${read}`);
  const lines = [`${paint(style, word)}  ${paint('bold', escapeText(entry.ref))}${details}`];
  for (const found of entry.findings) lines.push(...findingLines(found, '            ', paint));
  return lines;
}

/** What was read for one entry: of a base by itself, of the many files of an OCI image together. */
function readsText(blobs: readonly BlobReport[], shown: Set<string>): string {
  const [only, ...others] = blobs;
  if (only === undefined) return '';
  if (others.length === 0) return readText(only, shown);
  const fresh = blobs.filter(({ how, path }) => how === 'hashed' && !shown.has(path));
  for (const { path } of fresh) shown.add(path);
  const bases = new Set(blobs.map(({ basis }) => basis));
  const basis = bases.size === 1 && only.basis !== null ? `, basis ${only.basis}` : '';
  return `${blobs.length} files, ${bytesText(bytesOf(blobs))}, ${howText(blobs, fresh)}${basis}`;
}

const bytesOf = (blobs: readonly BlobReport[]): number => blobs.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);

function howText(blobs: readonly BlobReport[], fresh: readonly BlobReport[]): string {
  const [first] = fresh;
  if (first !== undefined) {
    const from = fresh.every(({ readFrom }) => readFrom === first.readFrom) ? readFromText(first.readFrom) : 'read';
    return fresh.length === blobs.length ? from : `${bytesText(bytesOf(fresh))} of them ${from}`;
  }
  return blobs.some(({ how }) => how === 'hashed') ? 'read above' : 'unchanged since they were last read';
}

function readText(blob: BlobReport, shown: Set<string>): string {
  const basis = blob.basis === null ? '' : `, basis ${blob.basis}`;
  if (blob.how === 'receipt') return `${bytesText(blob.bytes ?? 0)}, unchanged since it was last read${basis}`;
  if (shown.has(blob.path)) return 'on a base that was read above';
  shown.add(blob.path);
  const time = blob.seconds === null ? '' : ` in ${secondsText(blob.seconds)}`;
  return `${bytesText(blob.bytes ?? 0)} ${readFromText(blob.readFrom)}${time}${basis}`;
}

/** That bytes were read, and where from. */
export function readFromText(readFrom: BlobReport['readFrom']): string {
  if (readFrom === null) return 'read';
  return readFrom === 'disk' ? 'read from disk' : 'read through the page cache';
}

/** A finding with what was expected, by whom, what is there, and what to do. */
export function findingLines(found: Finding, indent: string, paint: Paint): string[] {
  const lines = [`${indent}${paint(severityStyles[found.severity], found.code)}: ${escapeText(found.message)}`];
  const row = (label: string, value: string) => lines.push(`${indent}  ${paint('dim', label.padEnd(8))}  ${value}`);
  if (found.subject !== null) row('at', escapeText(found.subject));
  if (found.expected !== null) {
    const from = found.expectedFrom === null ? '' : paint('dim', `  (${escapeText(found.expectedFrom)})`);
    row('expected', escapeText(found.expected) + from);
  }
  if (found.actual !== null) row('actual', escapeText(found.actual));
  if (found.remedy !== null) row('remedy', escapeText(found.remedy));
  return lines;
}

function summaryLine(report: VerifyReport): string {
  const entries = report.snapshots.length + report.images.length + report.overlays.length;
  // "0 unverified" beside a metadata that nobody could read would be a lie.
  if (entries === 0 && report.verdict !== 'allow') return `nothing was judged, ${secondsText(report.seconds)}`;
  const asked = [
    counted(report.snapshots.length, 'snapshot', report.images.length + report.overlays.length === 0),
    counted(report.images.length, 'image', false),
    counted(report.overlays.length, 'overlay', false),
  ].filter((part) => part !== null);
  return `${asked.join(', ')}: ${summaryText(report.summary)}, ${secondsText(report.seconds)}`;
}

function counted(count: number, noun: string, always: boolean): string | null {
  if (count === 0 && !always) return null;
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function summaryText(summary: Summary): string {
  const parts = [`${summary.allow} allowed`, `${summary.deny} denied`, `${summary.unverified} unverified`];
  if (summary.skipped > 0) parts.push(`${summary.skipped} skipped (pending, or being deleted)`);
  return parts.join(', ');
}
