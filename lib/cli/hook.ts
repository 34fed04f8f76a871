import {
  BlobcheckError,
  type EntryReport,
  type Finding,
  type FindingCode,
  finding,
  reasonToBring,
  type VerifyReport,
  type VerifyRequest,
  verdictOf,
  worstVerdict,
} from '../index.js';
import { parseDuration } from './duration.js';
import { exitCodeOf, exitCodes } from './exit.js';
import type { GlobalOptions } from './global-options.js';
import { refusalText, warningText } from './hook-text.js';
import { storeCheckOptions } from './options.js';
import { progressOn } from './progress.js';
import { policyByName } from './pull-policy.js';
import type { Terminal } from './terminal.js';
import { runWorker, type WorkerTask } from './worker.js';

export interface HookOptions extends GlobalOptions {
  readonly operation?: string;
  readonly pull?: boolean;
  readonly fromDir?: string;
}

/** Milliseconds that an asker waits if BLOBCHECK_TIMEOUT says nothing. */
const DEFAULT_TIMEOUT_MS = 10 * 60 * 1000;

/** What is asked, and what came of it. */
interface Judged {
  readonly findings: readonly Finding[];
  readonly entries: readonly EntryReport[];
}

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
  const limit = timeLimit(terminal);
  const asked = judge({ operation, words, options, terminal });
  // A timer that is left keeps the process for all its time, also after an error.
  const judged = await Promise.race([asked, limit.reached]).finally(limit.clear);
  const verdict = worstVerdict([verdictOf(judged.findings), ...judged.entries.map((entry) => entry.verdict)]);
  terminal.err(verdict === 'allow' ? warningText(judged) : refusalText({ operation, words, ...judged }));
  // What still waits for a worker must not keep the asker.
  if (limit.isReached()) terminal.exit(exitCodes.unverified);
  return exitCodeOf(verdict);
}

interface Question {
  readonly operation: 'clone' | 'restore' | 'run';
  readonly words: readonly string[];
  readonly options: HookOptions;
  readonly terminal: Terminal;
}

/** Defence in depth: where nothing was judged, nothing is allowed. */
async function judge(question: Question): Promise<Judged> {
  const judged = await judgeAsked(question);
  if (judged.entries.length > 0 || verdictOf(judged.findings) !== 'allow') return judged;
  return { ...judged, findings: [finding('check-timeout', 'the check ended without an answer'), ...judged.findings] };
}

async function judgeAsked(question: Question): Promise<Judged> {
  const { operation, options, words } = question;
  if (options.fromDir !== undefined) return { findings: [fromDirUnsupported(options.fromDir)], entries: [] };
  if (operation === 'restore') return await judgeRestore(question);
  const first = await look(question, operation === 'run' ? { images: words } : { snapshots: words });
  return await settle(question, first);
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
    const first = await look(question, { snapshots, vm });
    if (isNoReading(first)) {
      refused = { findings: first.findings, entries: named(first.snapshots) };
      continue;
    }
    const settled = await settle(question, first);
    judged = judged === null ? settled : merged(judged, settled);
  }
  return judged ?? refused;
}

/** Whether the words cannot have been meant so: the machine is not there, or no word names a snapshot. */
function isNoReading({ snapshots }: VerifyReport): boolean {
  const codes = snapshots.map(({ findings }) => findings.map(({ code }) => code));
  return codes.some((found) => found.includes('vm-not-found')) || codes.every((found) => found.some(isNothing));
}

const merged = (one: Judged, other: Judged): Judged => ({
  findings: [...one.findings, ...other.findings],
  entries: [...one.entries, ...other.entries],
});

/** The first look reads no base: what is remembered, and what needs no reading. */
async function look({ options, terminal }: Question, request: VerifyRequest): Promise<VerifyReport> {
  const { verify } = await import('../index.js');
  const check = storeCheckOptions(options, terminal, progressOn(terminal, true));
  return await verify({ ...request, patterns: false }, { ...check, content: 'remembered' });
}

async function settle(question: Question, first: VerifyReport): Promise<Judged> {
  const { options, terminal } = question;
  const policyOf = await policyByName(terminal, options.pull === true ? 'IfNotPresent' : 'Never');
  const kind = first.images.length > 0 ? 'image' : 'snapshot';
  const entries: EntryReport[] = [];
  for (const entry of named([...first.snapshots, ...first.images])) {
    const task: WorkerTask = { kind, ref: entry.ref, policy: policyOf(entry.name ?? entry.id ?? entry.ref) };
    entries.push(needsWork(entry, task) ? await afterWork(question, entry, task) : entry);
  }
  return { findings: first.findings, entries };
}

/** Words that name nothing are flags' values, perhaps, as long as one names something: else they are the answer. */
function named(entries: readonly EntryReport[]): readonly EntryReport[] {
  const found = entries.filter(({ findings }) => !findings.some(({ code }) => isNothing(code)));
  return found.length > 0 ? found : entries;
}

const isNothing = (code: FindingCode) => code === 'snapshot-not-found' || code === 'image-not-found';

function needsWork(entry: EntryReport, { policy }: WorkerTask): boolean {
  const codes = entry.findings.map(({ code }) => code);
  const isAbsent = codes.includes('image-not-found');
  if (policy === 'Always' && (entry.blobs.length > 0 || isAbsent)) return true;
  if (policy !== 'Never' && (isAbsent || reasonToBring(entry.findings) !== null)) return true;
  // Nothing else speaks against it, so only the read can.
  const others = entry.findings.filter(({ code }) => code !== 'check-timeout');
  return codes.includes('check-timeout') && verdictOf(others) === 'allow';
}

async function afterWork({ options, terminal }: Question, first: EntryReport, task: WorkerTask): Promise<EntryReport> {
  const report = await runWorker(task, options, terminal);
  const entry = report === null ? undefined : [...report.verify.snapshots, ...report.verify.images][0];
  const failed = (message: string): EntryReport => {
    const found = finding('check-timeout', message, { subject: first.ref });
    return { ...first, verdict: 'unverified', findings: [found] };
  };
  if (report === null || entry === undefined) return failed('the check ended without an answer');
  if (entry.id !== first.id) return failed('the name leads to another snapshot than a moment ago');
  // Findings of the run itself (a torn index, say) stand beside the entries; only the first look's are told twice.
  const own = report.verify.findings.filter(({ severity }) => severity === 'error' || severity === 'unverified');
  // What only the first look knows: the virtual machine that a restore would be onto, or that its record is broken.
  const machine = first.findings.filter(
    ({ code, message }) => ofMachine.has(code) && !entry.findings.some((found) => found.message === message),
  );
  const findings = [...own, ...machine, ...entry.findings];
  return { ...entry, verdict: verdictOf(findings), findings };
}

const ofMachine: ReadonlySet<FindingCode> = new Set(['layer-mismatch', 'vm-not-found', 'metadata-unreadable']);

function fromDirUnsupported(directory: string): Finding {
  return finding(
    'snapshot-unsupported',
    'a clone from a directory outside the store cannot be judged by this version',
    {
      subject: directory,
    },
  );
}

interface TimeLimit {
  readonly reached: Promise<Judged>;
  isReached(): boolean;
  clear(): void;
}

function timeLimit(terminal: Terminal): TimeLimit {
  const text = terminal.env.BLOBCHECK_TIMEOUT;
  const parsed = text ? parseDuration(text) : DEFAULT_TIMEOUT_MS;
  if (parsed === null) {
    terminal.err(
      `blobcheck: BLOBCHECK_TIMEOUT is no duration (90, 90s, 10m, 1h), so it is 10m: ${JSON.stringify(text)}\n`,
    );
  }
  const ms = parsed ?? DEFAULT_TIMEOUT_MS;
  let isReached = false;
  let timer: NodeJS.Timeout | undefined;
  const reached = new Promise<Judged>((resolve) => {
    timer = setTimeout(() => {
      isReached = true;
      const message = `the check has not ended within ${ms / 1000} s; it goes on, and the next ask will find its result`;
      resolve({ findings: [finding('check-timeout', message)], entries: [] });
    }, ms);
  });
  return { reached, isReached: () => isReached, clear: () => clearTimeout(timer) };
}
