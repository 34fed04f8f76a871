import {
  type EntryReport,
  type FileIdentity,
  type Finding,
  type FindingCode,
  finding,
  findingsOfBase,
  identityAt,
  isOtherwiseAllowed,
  type PullPolicy,
  reasonToBring,
  sameIdentity,
  type VerifyReport,
  type VerifyRequest,
  verdictOf,
  verify,
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
  /** Seconds that the script has waited for its turn. */
  readonly waited?: string;
  /** What bin/stamp.sh asks, if a stamp may answer it the next time. */
  readonly question?: string;
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
  const first = await lookAt(question, request);
  const policyOf = await policyByName(terminal, options.pull === true ? 'IfNotPresent' : 'Never');
  const settled: Settled[] = [];
  for (const entry of named([...first.snapshots, ...first.images])) {
    const work = { ...question, request, entry, policy: policyOf(entry.name ?? entry.id ?? entry.ref) };
    const task = taskFor(work);
    settled.push(task === null ? { entry, read: null } : await afterWork(work, task));
  }
  if (settled.every(({ read }) => read === null)) {
    return { findings: first.findings, entries: settled.map(({ entry }) => entry) };
  }
  // Work takes minutes: by now a name may lead to another snapshot, and what was settled first may have changed.
  const last = await lookAt(question, request);
  const entries = [...last.snapshots, ...last.images];
  const known = new Set(settled.map(({ entry }) => entry.ref));
  const since = named(entries).filter(({ ref }) => !known.has(ref));
  return {
    findings: last.findings,
    entries: [
      ...(await Promise.all(settled.map((one) => withToday(one, entries)))),
      ...since.map((entry) => unanswered(entry, 'it names something only since a moment ago')),
    ],
  };
}

/** What came of asking about one thing. */
interface Settled {
  readonly entry: EntryReport;
  /** Of one that a worker was needed for, the files of its bases that were read, by their paths; null of any other. */
  readonly read: ReadonlyMap<string, FileIdentity> | null;
}

/** Reads no base: what is remembered, and what needs no reading. */
export async function lookAt({ options, terminal }: HookQuestion, request: VerifyRequest): Promise<VerifyReport> {
  const check = storeCheckOptions(options, terminal, progressOn(terminal, true));
  return await verify({ ...request, patterns: false }, { ...check, content: 'remembered' });
}

/** Words that name nothing are flags' values, perhaps, as long as one names something: else they are the answer. */
function named(entries: readonly EntryReport[]): readonly EntryReport[] {
  const found = entries.filter(({ findings }) => !findings.some(({ code }) => isNothing(code)));
  return found.length > 0 ? found : entries;
}

interface Work extends HookQuestion {
  readonly request: VerifyRequest;
  readonly entry: EntryReport;
  readonly policy: PullPolicy;
}

/**
 * What has to be done before anybody can answer; null when nothing would help. What would be refused all the same is
 * neither read nor brought: its record may name any URL.
 */
function taskFor({ request, entry, policy }: Pick<Work, 'request' | 'entry' | 'policy'>): WorkerTask | null {
  const kind = kindOf(request);
  const task = { kind, ref: kind === 'snapshot' ? (entry.id ?? entry.ref) : entry.ref };
  if (entry.findings.some(({ code }) => code === 'image-not-found'))
    return policy === 'Never' ? null : { ...task, policy };
  if (!isOtherwiseAllowed(entry)) return null;
  const ofBase = findingsOfBase(entry);
  if (policy === 'Always' && entry.blobs.length > 0) return { ...task, policy };
  if (reasonToBring(ofBase) !== null) return policy === 'Never' ? null : { ...task, policy };
  const isOpen = ofBase.some(isTimeout) && verdictOf(ofBase.filter((found) => !isTimeout(found))) === 'allow';
  // Who only has to read waits for nobody who downloads.
  return isOpen ? { ...task, policy: 'Never' } : null;
}

function kindOf({ images, directories }: VerifyRequest): WorkerTask['kind'] {
  if (images !== undefined) return 'image';
  return directories === undefined ? 'snapshot' : 'directory';
}

const isTimeout = ({ code }: Finding) => code === 'check-timeout';

/**
 * What stands there once the work is done. Who meets the same work under way waits for it and looks; what that could not
 * bring is not tried again at once.
 */
async function afterWork(work: Work, first: WorkerTask): Promise<Settled> {
  const { options, terminal, limit, entry, policy } = work;
  const unread = (message: string): Settled => ({ entry: unanswered(entry, message), read: new Map() });
  for (let task = first; ; ) {
    const before = await filesOf(entry);
    const ended = await runWorker(task, options, terminal);
    if (ended.kind === 'busy') await waitForTurn(work, task);
    if (limit.aborted) return unread('the time of the asker ended');
    if (ended.kind === 'nothing') return unread('the check ended without an answer');
    const found = ended.kind === 'report' ? reported(entry, ended.report.verify) : await lookedAt(work);
    // Another's pull that brought nothing is not tried again at once; another's read may call for ours.
    const hasPulled = ended.kind === 'busy' && task.policy !== 'Never';
    const next = taskFor({ ...work, entry: found, policy: hasPulled ? 'Never' : policy });
    // A read has found what a pull mends.
    const isNext =
      next !== null && (ended.kind === 'busy' || (task.policy === 'Never' && next.policy === 'IfNotPresent'));
    // What was only read stood there before and has not changed since; what was brought has come in between.
    if (!isNext) return { entry: found, read: task.policy === 'Never' ? before : await filesOf(found) };
    task = next;
  }
}

async function lookedAt(work: Work): Promise<EntryReport> {
  const { entry, request } = work;
  const one = oneOf(request, entry.ref);
  const { snapshots, images } = await lookAt(work, one);
  return [...snapshots, ...images][0] ?? unanswered(entry, 'the check ended without an answer');
}

function oneOf(request: VerifyRequest, ref: string): VerifyRequest {
  if (request.images !== undefined) return { images: [ref] };
  return request.directories !== undefined ? request : { ...request, snapshots: [ref] };
}

async function waitForTurn({ options, terminal, limit }: Work, task: WorkerTask): Promise<void> {
  const check = storeCheckOptions(options, terminal, progressOn(terminal, true));
  await withTaskTurn(check, taskName(task), { signal: limit }, async () => {});
}

function unanswered(entry: EntryReport, message: string): EntryReport {
  return { ...entry, verdict: 'unverified', findings: [finding('check-timeout', message, { subject: entry.ref })] };
}

/** The worker's entry for the one that was asked about, with what stands against its whole run. */
function reported(entry: EntryReport, report: VerifyReport): EntryReport {
  const [read] = [...report.snapshots, ...report.images];
  if (read === undefined || read.id !== entry.id) return unanswered(entry, 'the check ended without an answer');
  const ofRun = report.findings.filter(({ severity }) => severity === 'error' || severity === 'unverified');
  const findings = [...ofRun, ...read.findings];
  return { ...read, ref: entry.ref, verdict: verdictOf(findings), findings };
}

/**
 * A last look reads no base, so what a worker has read stands, where the file is still the one that was read; whatever else
 * it holds against the entry counts.
 */
async function withToday({ entry, read }: Settled, today: readonly EntryReport[]): Promise<EntryReport> {
  const now = today.find(({ ref }) => ref === entry.ref);
  if (now === undefined || now.id !== entry.id) {
    return unanswered(entry, 'the name leads to another snapshot than a moment ago');
  }
  if (pathsOf(now) !== pathsOf(entry)) return unanswered(entry, 'it stands on another base than a moment ago');
  const told = new Set(entry.findings.map(({ code, message }) => `${code} ${message}`));
  const isRead = read !== null && entry.blobs.every(({ how }) => how !== null) && (await areStill(entry, read));
  const more = now.findings.filter(
    (found) => !(isRead && isTimeout(found)) && !told.has(`${found.code} ${found.message}`),
  );
  const findings = [...entry.findings, ...more];
  return { ...entry, verdict: verdictOf(findings), findings };
}

async function filesOf({ blobs }: EntryReport): Promise<ReadonlyMap<string, FileIdentity>> {
  const files = new Map<string, FileIdentity>();
  for (const { path } of blobs) {
    const identity = await identityAt(path).catch(() => null);
    if (identity !== null) files.set(path, identity);
  }
  return files;
}

/** Whether every base of an entry still is the file that it was; its ctime tells, whatever was done to it in between. */
async function areStill(entry: EntryReport, files: ReadonlyMap<string, FileIdentity>): Promise<boolean> {
  const now = await filesOf(entry);
  return entry.blobs.every(({ path }) => {
    const [before, after] = [files.get(path), now.get(path)];
    return before !== undefined && after !== undefined && sameIdentity(before, after);
  });
}

const pathsOf = ({ blobs }: EntryReport): string => JSON.stringify(blobs.map(({ path }) => path));
