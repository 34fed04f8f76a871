import { existsSync } from 'node:fs';
import {
  BlobcheckError,
  type EnsureOptions,
  type EnsureReport,
  type EnsureStep,
  ensure,
  ensureImages,
  escapeText,
  findCocoon,
  findingLines,
  type Paint,
  parsePullPolicy,
  secondsText,
  verifyText,
  withTaskTurn,
} from '../index.js';
import { exitCodeOf, exitCodes } from './exit.js';
import { type StoreOptions, storeCheckOptions } from './options.js';
import { type Progress, progressOn } from './progress.js';
import { policyByName } from './pull-policy.js';
import { startReread } from './start-reread.js';
import type { Terminal } from './terminal.js';
import { taskName } from './worker.js';

interface EnsureCommandOptions extends StoreOptions {
  readonly pullPolicy?: string;
  readonly from?: string;
  readonly image?: readonly string[];
  readonly fromDir?: string;
  readonly dryRun?: boolean;
  readonly exact?: boolean;
  readonly alone?: boolean;
}

/** `blobcheck ensure`: brings about what verify demands. */
export async function ensureCommand(
  refs: readonly string[],
  options: EnsureCommandOptions,
  terminal: Terminal,
): Promise<number> {
  refuseNonsense(refs, options);
  const progress = progressOn(terminal, options.quiet === true);
  try {
    const report = await ensureInTurn(refs, options, terminal, progress);
    if (report === null) return exitCodes.busy;
    progress.stop();
    startReread([...report.verify.snapshots, ...report.verify.images], options, terminal);
    if (options.json) terminal.out(`${JSON.stringify(report)}\n`);
    else if (!options.quiet || report.verdict !== 'allow') terminal.out(ensureText(report, terminal.paint));
    return exitCodeOf(report.verdict);
  } finally {
    progress.stop();
  }
}

/** With `--alone`, null while another process ensures the same: its result will serve us. */
async function ensureInTurn(
  refs: readonly string[],
  options: EnsureCommandOptions,
  terminal: Terminal,
  progress: Progress,
): Promise<EnsureReport | null> {
  const ensureNow = () => ensureAsAsked(refs, options, terminal, progress);
  if (options.alone !== true) return await ensureNow();
  const { image, fromDir } = options;
  const [ref = ''] = image ?? (fromDir === undefined ? refs : [fromDir]);
  const kind = image !== undefined ? 'image' : fromDir !== undefined ? 'directory' : 'snapshot';
  const task = taskName({ kind, ref, policy: options.pullPolicy ?? '' });
  const turn = await withTaskTurn(storeCheckOptions(options, terminal, progress), task, { waitMs: 0 }, ensureNow);
  if (turn.kind === 'done') return turn.result;
  return turn.kind === 'busy' ? null : await ensureNow();
}

async function ensureAsAsked(
  refs: readonly string[],
  options: EnsureCommandOptions,
  terminal: Terminal,
  progress: Progress,
): Promise<EnsureReport> {
  const { from, fromDir, dryRun = false, image } = options;
  const policy = options.pullPolicy === undefined ? null : parsePullPolicy(options.pullPolicy);
  const byName = await policyByName(terminal, 'IfNotPresent');
  const ensureOptions = { ...storeCheckOptions(options, terminal, progress), cocoon: cocoonFor(terminal, options) };
  if (image !== undefined) {
    return await ensureImages({ images: image, policy: policy ?? byName(''), dryRun }, ensureOptions);
  }
  const request = {
    snapshots: refs,
    ...(fromDir === undefined ? {} : { directories: [fromDir] }),
    patterns: options.exact !== true,
    policy: policy ?? byName,
    dryRun,
    ...(from === undefined ? {} : { from }),
  };
  return await ensure(request, ensureOptions);
}

function cocoonFor(terminal: Terminal, { quiet }: EnsureCommandOptions): EnsureOptions['cocoon'] {
  const found = findCocoon(terminal.env.BLOBCHECK_COCOON || null, terminal.env.PATH ?? '');
  if ('problem' in found) return found;
  const { path } = found;
  const onLine = (line: string) => {
    if (quiet !== true) terminal.err(`${escapeText(line)}\n`);
  };
  return { path, env: terminal.env, signal: terminal.signal, self: terminal.self, onLine };
}

function refuseNonsense(refs: readonly string[], { image, from, fromDir }: EnsureCommandOptions): void {
  if ([refs.length > 0, image !== undefined, fromDir !== undefined].filter((given) => given).length !== 1) {
    throw new BlobcheckError('usage', 'name snapshots, or give --image REF or --from-dir DIR: one of them');
  }
  if (refs.includes('') || image?.includes('')) {
    throw new BlobcheckError('usage', 'a name is empty; it names a snapshot or an image');
  }
  if (fromDir === '') throw new BlobcheckError('usage', '--from-dir is empty; it names a directory');
  if (from === undefined) return;
  if (from === '') throw new BlobcheckError('usage', '--from is empty; it names a file or a URL');
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(from) && !/^https?:/.test(from) && !existsSync(from)) {
    throw new BlobcheckError('usage', `--from takes a file, or a URL of http or https, not ${from}`);
  }
  if (image !== undefined) throw new BlobcheckError('usage', '--from brings the base of a snapshot, not an --image');
}

const outcomeStyles = {
  planned: 'yellow',
  present: 'dim',
  pulled: 'green',
  imported: 'green',
  copied: 'green',
  refused: 'red',
} as const;

function ensureText(report: EnsureReport, paint: Paint): string {
  const lines = report.steps.flatMap((step) => stepLines(step, paint));
  return `${lines.map((line) => `${line}\n`).join('')}${verifyText(report.verify, paint)}`;
}

function stepLines(step: EnsureStep, paint: Paint): string[] {
  const what = step.blob === null ? (step.source ?? '') : `sha256:${step.blob}`;
  const because = step.because === null ? '' : ` (${step.because})`;
  const from = step.source === null || step.blob === null ? '' : `  from ${escapeText(step.source)}`;
  const time = step.seconds > 0 ? paint('dim', `, ${secondsText(step.seconds)}`) : '';
  const lines = [
    `${paint(outcomeStyles[step.outcome], step.outcome.padEnd(10))}  ${escapeText(what)}${because}${from}${time}`,
  ];
  // A finding of a base stands in the entries below; of a pull by reference alone only here.
  if (step.blob === null) for (const found of step.findings) lines.push(...findingLines(found, '            ', paint));
  return lines;
}
