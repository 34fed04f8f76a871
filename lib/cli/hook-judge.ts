import {
  type EntryReport,
  type Finding,
  type FindingCode,
  finding,
  reasonToBring,
  type VerifyReport,
  type VerifyRequest,
  verdictOf,
  withTaskTurn,
} from '../index.js';
import type { GlobalOptions } from './global-options.js';
import { storeCheckOptions } from './options.js';
import { progressOn } from './progress.js';
import { policyByName } from './pull-policy.js';
import type { Terminal } from './terminal.js';
import { runWorker, taskName, type WorkerTask } from './worker.js';

export interface HookOptions extends GlobalOptions {
  readonly operation?: string;
  readonly pull?: boolean;
  readonly fromDir?: string;
}

export interface HookQuestion {
  readonly options: HookOptions;
  readonly terminal: Terminal;
  /** Aborted when the asker's time is over. */
  readonly limit: AbortSignal;
}

/** What was asked, and what came of it. */
export interface Judged {
  readonly findings: readonly Finding[];
  readonly entries: readonly EntryReport[];
}

/** Whether a word names nothing at all. */
export const isNothing = (code: FindingCode) => code === 'snapshot-not-found' || code === 'image-not-found';

/** Judges what the words name: by what is remembered, and what only work can tell by a process of its own. */
export async function settle(question: HookQuestion, request: VerifyRequest): Promise<Judged> {
  const { options, terminal } = question;
  const first = await look(question, request);
  const policyOf = await policyByName(terminal, options.pull === true ? 'IfNotPresent' : 'Never');
  const entries: EntryReport[] = [];
  for (const entry of named([...first.snapshots, ...first.images])) {
    const kind = first.images.includes(entry) ? 'image' : 'snapshot';
    const task: WorkerTask = { kind, ref: entry.ref, policy: policyOf(entry.name ?? entry.id ?? entry.ref) };
    const isOpen = needsWork(entry, task);
    entries.push(isOpen ? await afterWork({ ...question, request: aboutOne(request, task), task }, entry) : entry);
  }
  return { findings: first.findings, entries };
}

/** Reads no base: what is remembered, and what needs no reading. */
async function look({ options, terminal }: HookQuestion, request: VerifyRequest): Promise<VerifyReport> {
  const { verify } = await import('../index.js');
  const check = storeCheckOptions(options, terminal, progressOn(terminal, true));
  return await verify({ ...request, patterns: false }, { ...check, content: 'remembered' });
}

/** Words that name nothing are flags' values, perhaps, as long as one names something: else they are the answer. */
function named(entries: readonly EntryReport[]): readonly EntryReport[] {
  const found = entries.filter(({ findings }) => !findings.some(({ code }) => isNothing(code)));
  return found.length > 0 ? found : entries;
}

function aboutOne({ vm }: VerifyRequest, { kind, ref }: WorkerTask): VerifyRequest {
  const machine = vm === undefined ? {} : { vm };
  return kind === 'image' ? { images: [ref] } : { snapshots: [ref], ...machine };
}

/** What would be refused all the same is neither read nor brought: its record may name any URL. */
function needsWork(entry: EntryReport, { policy }: WorkerTask): boolean {
  const paths = new Set(entry.blobs.map(({ path }) => path));
  const ofBase = entry.findings.filter(({ subject, code }) => paths.has(subject ?? '') || code === 'image-not-found');
  const others = entry.findings.filter((found) => !ofBase.includes(found));
  if (verdictOf(others) !== 'allow') return false;
  const codes = ofBase.map(({ code }) => code);
  const isOpen = codes.includes('check-timeout') && verdictOf(ofBase.filter(isNoTimeout)) === 'allow';
  const isWrong = codes.includes('image-not-found') || reasonToBring(ofBase) !== null;
  return isOpen || (policy !== 'Never' && isWrong) || (policy === 'Always' && entry.blobs.length > 0);
}

const isNoTimeout = ({ code }: Finding) => code !== 'check-timeout';

interface Work extends HookQuestion {
  readonly request: VerifyRequest;
  readonly task: WorkerTask;
}

/**
 * What stands there once the work is done, and what a fresh look says of it: by now the name may lead to another snapshot.
 * Who meets the same work under way waits for it and looks; what that could not bring is not tried again at once.
 */
async function afterWork(work: Work, first: EntryReport): Promise<EntryReport> {
  const { options, terminal, task, limit, request } = work;
  for (;;) {
    const ended = await runWorker(task, options, terminal);
    if (ended.kind === 'busy') await waitForTurn(work);
    if (limit.aborted) return unanswered(first, 'the time of the asker ended');
    const again = await look(work, request);
    const [entry] = [...again.snapshots, ...again.images];
    if (entry === undefined || entry.id !== first.id) {
      return unanswered(first, 'the name leads to another snapshot than a moment ago');
    }
    if (ended.kind === 'nothing') return unanswered(first, 'the check ended without an answer');
    if (ended.kind === 'report') return withReport(entry, ended.report.verify);
    const isOpen = needsWork(entry, { ...task, policy: 'Never' });
    if (!isOpen) return entry;
  }
}

async function waitForTurn({ options, terminal, task, limit }: Work): Promise<void> {
  const check = storeCheckOptions(options, terminal, progressOn(terminal, true));
  await withTaskTurn(check, taskName(task), { signal: limit }, async () => {});
}

function unanswered(entry: EntryReport, message: string): EntryReport {
  return { ...entry, verdict: 'unverified', findings: [finding('check-timeout', message, { subject: entry.ref })] };
}

/** The worker has read the base, the fresh look has not; whatever either of them holds against it counts. */
function withReport(entry: EntryReport, report: VerifyReport): EntryReport {
  const [read] = [...report.snapshots, ...report.images];
  if (read === undefined || read.id !== entry.id) return unanswered(entry, 'the check ended without an answer');
  const ofRun = report.findings.filter(({ severity }) => severity === 'error' || severity === 'unverified');
  const told = new Set([...ofRun, ...read.findings].map(({ code, message }) => `${code} ${message}`));
  const ofLook = entry.findings.filter((found) => isNoTimeout(found) && !told.has(`${found.code} ${found.message}`));
  const findings = [...ofRun, ...read.findings, ...ofLook];
  return { ...read, verdict: verdictOf(findings), findings };
}
