import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { program } from '../support/blobcheck.js';
import { temporaryDirectory } from '../support/temporary.js';
import { untilStopped } from '../support/until-stopped.js';
import { type Call, readCalls, type ThreadCalls, threadsOf } from './calls.js';

/** What happens to the nth call of this name that a thread makes. */
export interface Fault {
  readonly call: string;
  readonly nth: number;
  /** `error=EIO`, `signal=SIGKILL`: as strace is told it. */
  readonly what: string;
}

export interface TracedRun {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It did not end by itself. */
  readonly hangs: boolean;
  /** The threads of the process that was started, without those of its children. */
  readonly threads: readonly ThreadCalls[];
  readonly children: readonly ThreadCalls[];
  /** Every call that strace answered, in whatever process. */
  readonly injected: readonly Call[];
}

/** Where a hang is called one. No command of these tests takes a tenth of it, on however busy a machine. */
const HANG_MS = 90_000;

/** What is counted, and what can fail. `?`: not every machine has each of them. */
const traced =
  'read pread64 write pwrite64 openat statx newfstatat fstat lstat stat getdents64 readlink readlinkat rename renameat2 ' +
  'link linkat symlink unlink unlinkat mkdir mkdirat rmdir fsync fdatasync ftruncate fchmod fchmodat chmod flock statfs ' +
  'fstatfs copy_file_range sendfile ioctl close clone clone3 fork vfork execve pipe2 socketpair';
const TRACE = `trace=${traced
  .split(' ')
  .map((name) => `?${name}`)
  .join(',')}`;

const stopAtStart = fileURLToPath(new URL('stop-at-start.cjs', import.meta.url));

/** What strace is told for a fault; nothing without one. */
function injection(fault: Fault | null): string[] {
  return fault === null ? [] : ['-e', `inject=${fault.call}:${fault.what}:when=${fault.nth}`];
}

/**
 * Runs blobcheck, and from where Node has started and before it loads anything of ours has strace make one call fail, or a
 * signal come with it. Of its children, which are traced from their beginning, the same call fails. Comes back when all of
 * them have ended.
 */
export async function runTraced(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  fault: Fault | null,
): Promise<TracedRun> {
  const child = spawn(process.execPath, ['--require', stopAtStart, program, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, NODE_V8_COVERAGE: undefined, UV_THREADPOOL_SIZE: '1' },
  });
  return await withTrace(child, async (trace) => {
    const pid = child.pid ?? 0;
    await untilStopped(pid);
    const attached = ['-ff', '-qq', '-y', '-s', '0', '-o', trace, '-e', TRACE, ...injection(fault), '-p', String(pid)];
    const strace = spawn('strace', attached, { stdio: ['ignore', 'ignore', 'pipe'] });
    await until(() => isTraced(pid) || strace.exitCode !== null);
    if (strace.exitCode !== null) throw new Error(`strace does not trace: ${strace.stderr?.read()}`);
    process.kill(pid, 'SIGCONT');
    return strace;
  });
}

/** The same for a program that is traced from its beginning: a script, whose own start is a handful of calls. */
export async function runScriptTraced(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  fault: Fault | null,
): Promise<TracedRun> {
  return await runTracedInside((strace) => [...strace, ...words], env, fault);
}

/** The same for one that something starts which is not traced; `command` puts the words of strace before the program's. */
export async function runTracedInside(
  command: (strace: readonly string[]) => readonly string[],
  env: NodeJS.ProcessEnv,
  fault: Fault | null,
): Promise<TracedRun> {
  const place = temporaryDirectory();
  const options = ['--seccomp-bpf', '-ff', '-qq', '-y', '-s', '0', '-o', join(place, 'trace'), '-e', TRACE];
  const [file = '', ...words] = command(['strace', ...options, ...injection(fault)]);
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'], env });
  return await ending(child, child, place);
}

async function withTrace(child: ChildProcess, start: (trace: string) => Promise<ChildProcess>): Promise<TracedRun> {
  const place = temporaryDirectory();
  try {
    return await ending(child, await start(join(place, 'trace')), place);
  } finally {
    child.kill('SIGKILL');
  }
}

async function ending(child: ChildProcess, strace: ChildProcess, place: string): Promise<TracedRun> {
  mkdirSync(place, { recursive: true });
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk));
  let hangs = false;
  const tooLong = setTimeout(() => {
    hangs = true;
    // strace takes all that it traces with it only where it has started them.
    for (const { id } of readCalls(place)) tryKill(id);
    strace.kill('SIGKILL');
  }, HANG_MS);
  const traceEnded = strace === child ? null : once(strace, 'close');
  const [status, signal] = await once(child, 'close');
  await traceEnded;
  clearTimeout(tooLong);
  const all = readCalls(place);
  rmSync(place, { recursive: true, force: true });
  const first = strace === child ? startedFirst(all) : (child.pid ?? 0);
  const threads = threadsOf(first, all);
  const children = all.filter((one) => !threads.includes(one));
  const injected = all.flatMap(({ calls }) => calls.filter(({ wasInjected }) => wasInjected));
  return { status, signal, stdout, stderr, hangs, threads, children, injected };
}

/** Of a run that was traced from its beginning: the one thread that nobody has started. */
function startedFirst(all: readonly ThreadCalls[]): number {
  const started = new Set(
    all.flatMap(({ calls }) => calls.filter(({ name }) => forks.has(name)).map(({ result }) => result)),
  );
  return all.find(({ id }) => !started.has(id))?.id ?? 0;
}

const forks: ReadonlySet<string> = new Set(['clone', 'clone3', 'fork', 'vfork']);

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await after(1);
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

function isTraced(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => /^TracerPid:\s+[1-9]/m.test(statusOf(Number(thread))));
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
