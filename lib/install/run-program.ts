import { startProgram } from '../start-program.js';

/** Milliseconds after which a program that should answer at once is given up. */
const WAIT_MS = 60_000;

/** Bytes of each stream that are kept. */
const MAX_OUTPUT = 1024 * 1024;

export interface ProgramOptions {
  /** Where it is looked for, and what it may look for others in: nothing else of the environment reaches it. */
  readonly path: string;
  readonly waitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export type ProgramRun =
  | { readonly kind: 'ended'; readonly status: number; readonly stdout: string; readonly stderr: string }
  /** There is no such program, or it did not come to an end. */
  | { readonly kind: 'failed'; readonly absent: boolean; readonly reason: string };

/** Runs a program with a vector of arguments, never through a shell. Never throws. */
export function runProgram(program: string, args: readonly string[], options: ProgramOptions): Promise<ProgramRun> {
  return new Promise((resolve) => {
    const child = startProgram(
      program,
      args,
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        // The words that are read here are not to be in the operator's language.
        env: { PATH: options.path, LC_ALL: 'C' },
        endAfterMs: options.waitMs ?? WAIT_MS,
        signal: options.signal,
      },
      ({ code }) =>
        resolve({ kind: 'failed', absent: code === 'ENOENT', reason: `${program} does not start: ${code}` }),
    );
    const stdout = collect(child?.stdout);
    const stderr = collect(child?.stderr);
    child?.on('close', (status, signal) => {
      if (status === null) resolve({ kind: 'failed', absent: false, reason: `${program} was ended by ${signal}` });
      else resolve({ kind: 'ended', status, stdout: stdout(), stderr: stderr() });
    });
  });
}

function collect(stream: NodeJS.ReadableStream | null | undefined): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_OUTPUT) chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}
