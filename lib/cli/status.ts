import { hostname } from 'node:os';
import {
  bytesText,
  escapeText,
  findingLines,
  type Paint,
  type StatusBlob,
  type StatusReport,
  secondsText,
  storeStatus,
  verdictOf,
  worstVerdict,
} from '../index.js';
import { exitCodeOf } from './exit.js';
import type { GlobalOptions } from './global-options.js';
import { storeCheckOptions } from './options.js';
import { progressOn } from './progress.js';
import type { Terminal } from './terminal.js';

/** `blobcheck status`: what is known of each blob. */
export async function statusCommand(options: GlobalOptions, terminal: Terminal): Promise<number> {
  const noProgress = progressOn(terminal, true);
  const report = await storeStatus(storeCheckOptions(options, terminal, noProgress));
  const verdict = worstVerdict([
    verdictOf(report.findings),
    ...report.blobs.map(({ findings }) => verdictOf(findings)),
  ]);
  if (options.json) terminal.out(`${JSON.stringify(report)}\n`);
  else if (!options.quiet || verdict !== 'allow') terminal.out(statusText(report, terminal.paint));
  return exitCodeOf(verdict);
}

function statusText(report: StatusReport, paint: Paint): string {
  const lines: string[] = [];
  for (const found of report.findings) lines.push(...findingLines(found, '', paint));
  for (const blob of report.blobs) lines.push(...blobLines(blob, paint));
  lines.push(`${report.blobs.length} blob${report.blobs.length === 1 ? '' : 's'} in ${escapeText(report.root ?? '?')}`);
  return `${lines.join('\n')}\n`;
}

function blobLines(blob: StatusBlob, paint: Paint): string[] {
  const isUnknown = blob.findings.some(({ code }) => code === 'blob-unreadable');
  const size = blob.present ? bytesText(blob.bytes ?? 0) : paint('red', isUnknown ? 'unreadable' : 'missing');
  const basis = blob.basis === null ? paint('yellow', 'not sealed') : `basis ${blob.basis}`;
  const lines = [`${paint('bold', blob.blob)}  ${size}, ${basis}`];
  const row = (label: string, value: string) => lines.push(`  ${paint('dim', label.padEnd(9))}  ${escapeText(value)}`);
  if (blob.since !== null) row('since', `${blob.since} by ${blob.by ?? '?'}`);
  if (blob.digest !== null && blob.digest !== `sha256:${blob.blob}`) row('content', blob.digest);
  row('last read', lastReadText(blob));
  if (blob.images.length > 0) row('images', blob.images.join(', '));
  if (blob.snapshots.length > 0) row('snapshots', blob.snapshots.join(', '));
  for (const past of blob.history)
    row('before', `${past.digest}, basis ${past.basis}, since ${past.since} by ${past.by}`);
  if (blob.reading !== null) row('reading', readingText(blob.reading));
  if (blob.waiting.length > 0) row('waiting', waitingText(blob.waiting));
  for (const found of blob.findings) lines.push(...findingLines(found, '  ', paint));
  return lines;
}

function readingText(reading: NonNullable<StatusBlob['reading']>): string {
  const { pid, host, bytesDone, bytesTotal, bytesPerSecond, secondsLeft, silentSeconds, stalled } = reading;
  const who = `process ${pid}${host === hostname() ? '' : ` on ${host}`}`;
  if (bytesDone === null || bytesTotal === null) return `${who} has the turn and does not say how far it is`;
  const parts = [`${who}: ${bytesText(bytesDone)} of ${bytesText(bytesTotal)}`];
  if (bytesPerSecond !== null) parts.push(`${bytesText(bytesPerSecond)}/s`);
  if (secondsLeft !== null) parts.push(`${secondsText(Math.round(secondsLeft))} left`);
  if (stalled) parts.push(`stalled, silent for ${secondsText(Math.round(silentSeconds ?? 0))}`);
  return parts.join(', ');
}

/** Fifty hooks of one snapshot are one thing to a person. */
function waitingText(waiting: StatusBlob['waiting']): string {
  const pids = new Map<string, number[]>();
  for (const { pid, what } of waiting) pids.set(what, [...(pids.get(what) ?? []), pid]);
  const texts = [...pids].map(([what, of]) =>
    of.length === 1 ? `${what} (process ${of[0]})` : `${of.length} × ${what}`,
  );
  return texts.join(', ');
}

function lastReadText(blob: StatusBlob): string {
  if (blob.lastRead === null) return 'never';
  const since = blob.unchangedSince === false ? ', and another or changed file stands there now' : '';
  return `${blob.lastRead}, ${blob.lastResult}${since}`;
}
