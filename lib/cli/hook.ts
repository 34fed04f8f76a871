import { absolutePath, BlobcheckError, finding, verdictOf, worstVerdict } from '../index.js';
import { exitCodeOf, exitCodes } from './exit.js';
import { type HookOptions, type HookQuestion, isNothing, type Judged, settle } from './hook-judge.js';
import { refusalText, warningText } from './hook-text.js';
import { startStamping } from './stamping.js';
import { startReread } from './start-reread.js';
import type { Terminal } from './terminal.js';
import { timeLimit } from './time-limit.js';

/**
 * `blobcheck hook`: what bin/pre-clone asks before a clone, a restore or a run. What is remembered answers at once; what
 * has to be read or brought is done by a process of its own, for which the asker waits as long as it may.
 */
export async function hookCommand(words: readonly string[], options: HookOptions, terminal: Terminal): Promise<number> {
  const { operation = 'clone' } = options;
  if (operation !== 'clone' && operation !== 'restore' && operation !== 'run') {
    throw new BlobcheckError('usage', `there is no operation '${operation}'; it is clone, restore or run`);
  }
  if (words.length === 0 && options.fromDir === undefined) {
    throw new BlobcheckError('usage', 'name what is to be cloned, restored or run');
  }
  if (options.fromDir === '') throw new BlobcheckError('usage', '--from-dir is empty; it names a directory');
  const limit = timeLimit(terminal, Number(options.waited ?? 0) * 1000);
  const question: Question = { operation, words, options, terminal, limit: limit.signal };
  const ask = async () => {
    const stamp = operation === 'clone' && options.fromDir === undefined ? await startStamping(question, words) : null;
    return { stamp, judged: await Promise.race([judge(question), limit.reached]) };
  };
  // A timer that is left keeps the process for all its time, also after an error.
  const { stamp, judged } = await ask().finally(limit.clear);
  const verdict = worstVerdict([verdictOf(judged.findings), ...judged.entries.map((entry) => entry.verdict)]);
  startReread(judged.entries, options, terminal);
  if (verdict === 'allow') await stamp?.(judged);
  terminal.err(verdict === 'allow' ? warningText(judged) : refusalText({ operation, words, ...judged }));
  // Exit code 0 is also that of a program that was cut short, or asked for help: bin/pre-clone wants the word.
  if (verdict === 'allow') terminal.out('allow\n');
  // What still waits for a worker must not keep the asker.
  if (limit.signal.aborted) terminal.exit(exitCodes.unverified);
  return exitCodeOf(verdict);
}

interface Question extends HookQuestion {
  readonly operation: 'clone' | 'restore' | 'run';
  readonly words: readonly string[];
}

/** Defence in depth: where nothing was judged, nothing is allowed. */
async function judge(question: Question): Promise<Judged> {
  const judged = await judgeAsked(question);
  if (judged.entries.length > 0 || verdictOf(judged.findings) !== 'allow') return judged;
  return { ...judged, findings: [finding('check-timeout', 'the check ended without an answer'), ...judged.findings] };
}

async function judgeAsked(question: Question): Promise<Judged> {
  const { operation, options, words } = question;
  if (options.fromDir !== undefined) return await judgeDirectory(question, options.fromDir);
  if (operation === 'restore') return await judgeRestore(question);
  return await settle(question, operation === 'run' ? { images: words } : { snapshots: words });
}

/**
 * A word after a flag that the guard does not know may be that flag's value: then every word that names a machine is
 * taken for it, with every other word for a snapshot.
 */
async function judgeRestore(question: Question): Promise<Judged> {
  const { words } = question;
  const machines = words.length <= 2 ? words.slice(0, 1) : words;
  let judged: Judged | null = null;
  let refused: Judged = { findings: [], entries: [] };
  for (const [index, vm] of machines.entries()) {
    // By its place: a machine and a snapshot may have one name.
    const snapshots = words.length === 1 ? words : words.filter((_, at) => at !== index);
    const settled = await settle(question, { snapshots, vm });
    if (isNoReading(settled)) refused = settled;
    else judged = judged === null ? settled : merged(judged, settled);
  }
  return judged ?? refused;
}

/** Whether the words cannot have been meant so: the machine is not there, or no word names a snapshot. */
function isNoReading({ entries }: Judged): boolean {
  const codes = entries.map(({ findings }) => findings.map(({ code }) => code));
  return codes.some((found) => found.includes('vm-not-found')) || codes.every((found) => found.some(isNothing));
}

const merged = (one: Judged, other: Judged): Judged => ({
  findings: [...one.findings, ...other.findings],
  entries: [...one.entries, ...other.entries],
});

/** A restore names its machine beside the directory; of a clone, words beside it name nothing that cocoon opens. */
async function judgeDirectory(question: Question, named: string): Promise<Judged> {
  const [vm] = question.operation === 'restore' ? question.words : [];
  // For the process that may have to read its base elsewhere.
  const directory = absolutePath(named);
  return await settle(question, { directories: [directory], ...(vm === undefined ? {} : { vm }) });
}
