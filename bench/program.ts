import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Finished {
  readonly stdout: string;
  /** Wall time from before the start of the process until it was waited for. */
  readonly seconds: number;
}

/** Runs a program as a user does, to its end. Rejects where it cannot be started or exits with anything but `status`. */
export function run(
  words: readonly string[],
  options: { status?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<Finished> {
  const [program = '', ...rest] = words;
  const { status = 0, env = process.env } = options;
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = (performance.now() - started) / 1000;
      if (code === status) resolve({ stdout, seconds });
      else reject(new Error(`${words.join(' ')} ended with ${code}, not ${status}: ${stderr.trim()}`));
    });
  });
}

/** Null when a program can be started on this machine, else the words for the report. A name with a slash is a path. */
export function whyAbsent(program: string): string | null {
  const directories = (process.env.PATH ?? '').split(':');
  const places = program.includes('/') ? [program] : directories.map((directory) => join(directory, program));
  return places.some((place) => existsSync(place)) ? null : `${program} is not installed`;
}

/** Null when a command takes these words, else the words for the report: an older version of ours knows fewer options. */
export async function whyRefused(words: readonly string[], what: string): Promise<string | null> {
  // Exit code 2 is wrong usage; anything else that fails is an error.
  const refused = await run(words, { status: 2 }).catch(() => null);
  if (refused !== null) return `this version has no ${what}`;
  await run(words);
  return null;
}

/** Bytes of a file that the page cache has; null where `fincore` (util-linux) is not installed. */
export async function cachedBytes(path: string): Promise<number | null> {
  if (whyAbsent('fincore') !== null) return null;
  return Number((await run(['fincore', '--bytes', '--noheadings', '--output', 'RES', path])).stdout);
}

/**
 * Run inside a Node program at its end, through NODE_OPTIONS: writes the most memory it ever had resident. Not what
 * getrusage(2) says: that begins with the memory of the process that started it (fork shares it until exec).
 */
const AT_EXIT =
  "import{readFileSync,writeFileSync}from'node:fs';" +
  "process.on('exit',()=>writeFileSync(process.env.BENCH_STATUS,readFileSync('/proc/self/status')))";

/** The most memory that a Node program has resident while it runs, in bytes (VmHWM of proc_pid_status(5), with shared pages). */
export async function maxResidentBytes(words: readonly string[]): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'blobcheck-bench-'));
  try {
    const file = join(directory, 'status');
    const hook = `--import "data:text/javascript,${encodeURIComponent(AT_EXIT)}"`;
    await run(words, { env: { ...process.env, BENCH_STATUS: file, NODE_OPTIONS: hook } });
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(file, 'utf8')) ?? [];
    if (kibibytes === undefined) throw new Error('this machine does not tell VmHWM');
    return Number(kibibytes) * 1024;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
