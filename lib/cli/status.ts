import {
  bytesText,
  escapeText,
  findingLines,
  type Paint,
  type StatusBlob,
  type StatusReport,
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
  if (options.json) terminal.out(`${JSON.stringify(report)}\n`);
  else terminal.out(statusText(report, terminal.paint));
  return exitCodeOf(
    worstVerdict([verdictOf(report.findings), ...report.blobs.map(({ findings }) => verdictOf(findings))]),
  );
}

function statusText(report: StatusReport, paint: Paint): string {
  const lines: string[] = [];
  for (const found of report.findings) lines.push(...findingLines(found, '', paint));
  for (const blob of report.blobs) lines.push(...blobLines(blob, paint));
  lines.push(`${report.blobs.length} blob${report.blobs.length === 1 ? '' : 's'} in ${escapeText(report.root ?? '?')}`);
  return `${lines.join('\n')}\n`;
}

function blobLines(blob: StatusBlob, paint: Paint): string[] {
  const size = blob.present ? bytesText(blob.bytes ?? 0) : paint('red', 'missing');
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
  for (const found of blob.findings) lines.push(...findingLines(found, '  ', paint));
  return lines;
}

function lastReadText(blob: StatusBlob): string {
  if (blob.lastRead === null) return 'never';
  const since = blob.unchangedSince === false ? ', and another or changed file stands there now' : '';
  return `${blob.lastRead}, ${blob.lastResult}${since}`;
}
