import {
  BlobcheckError,
  bytesText,
  escapeText,
  findingLines,
  type Paint,
  readFromText,
  type SealReport,
  sealBlobs,
} from '../index.js';
import { exitCodeOf } from './exit.js';
import { type StoreOptions, storeCheckOptions } from './options.js';
import { progressOn } from './progress.js';
import type { Terminal } from './terminal.js';

interface SealOptions extends StoreOptions {
  readonly all?: boolean;
  readonly replace?: string;
}

/** `blobcheck seal`: records what blobs must be from now on. */
export async function sealCommand(names: readonly string[], options: SealOptions, terminal: Terminal): Promise<number> {
  const ways = [names.length > 0, options.all === true, options.replace !== undefined].filter(Boolean).length;
  if (ways !== 1) {
    throw new BlobcheckError('usage', 'name blobs or snapshots, or give --all, or --replace BLOB: one of the three');
  }
  if (names.includes('')) throw new BlobcheckError('usage', 'a name is empty; it names a blob or a snapshot');
  const progress = progressOn(terminal, options.quiet === true);
  try {
    const request = options.replace === undefined ? { names, all: options.all === true } : { replace: options.replace };
    const report = await sealBlobs(request, storeCheckOptions(options, terminal, progress));
    progress.stop();
    if (options.json) terminal.out(`${JSON.stringify(report)}\n`);
    else if (!options.quiet || report.verdict !== 'allow') terminal.out(sealText(report, terminal.paint));
    return exitCodeOf(report.verdict);
  } finally {
    progress.stop();
  }
}

const outcomeStyles = { sealed: 'green', kept: 'dim', replaced: 'yellow', refused: 'red' } as const;

function sealText(report: SealReport, paint: Paint): string {
  const lines: string[] = [];
  for (const found of report.findings) lines.push(...findingLines(found, '', paint));
  for (const blob of report.blobs) {
    const read = blob.readFrom === null ? '' : ` ${readFromText(blob.readFrom)}`;
    const size = blob.bytes === null ? '' : `  ${bytesText(blob.bytes)}${read}`;
    const basis = blob.basis === null ? '' : `, basis ${blob.basis}`;
    lines.push(`${paint(outcomeStyles[blob.outcome], blob.outcome.padEnd(8))}  ${blob.blob}${size}${basis}`);
    if (blob.digest !== null && blob.digest !== `sha256:${blob.blob}` && blob.outcome !== 'refused')
      lines.push(`          ${paint('dim', 'content')}  ${blob.digest}`);
    if (blob.because !== null) lines.push(`          ${paint('dim', 'because')}  ${escapeText(blob.because)}`);
    for (const found of blob.findings) lines.push(...findingLines(found, '          ', paint));
  }
  const count = (outcome: string) => report.blobs.filter((blob) => blob.outcome === outcome).length;
  const counts = (['sealed', 'kept', 'replaced', 'refused'] as const)
    .map((outcome) => ({ outcome, n: count(outcome) }))
    .filter(({ n, outcome }) => n > 0 || outcome === 'sealed');
  lines.push(
    `${report.blobs.length} blob${report.blobs.length === 1 ? '' : 's'}: ${counts.map(({ outcome, n }) => `${n} ${outcome}`).join(', ')}`,
  );
  return `${lines.join('\n')}\n`;
}
