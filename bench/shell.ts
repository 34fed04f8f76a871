import { fileURLToPath } from 'node:url';
import type { Contestant } from './case.js';
import { run, whyAbsent } from './program.js';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface ShellOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** The exit code that is right. */
  readonly status?: number;
}

/** A program that is started from a small shell, in milliseconds from start to exit. */
export function startedByShell(
  name: string,
  words: readonly string[],
  { runs, env, status = 0, absent }: ShellOptions & { readonly runs: number; readonly absent?: string | null },
): Contestant {
  return {
    name,
    absent: absent ?? whyAbsent('bash') ?? whyAbsent(words[0] ?? ''),
    runs,
    measure: async () => {
      const command = ['bash', script('time-run.bash'), String(status), ...words];
      const { stdout } = await run(command, env === undefined ? {} : { env });
      return parseRun(stdout);
    },
  };
}

/** Microseconds, in milliseconds. */
export function parseRun(stdout: string): number {
  if (!/^\d+\n$/.test(stdout)) throw new Error(`not the time of a run: ${stdout}`);
  return Number(stdout) / 1000;
}

export interface Burst {
  /** From the start of the first to the end of the last; milliseconds. */
  readonly milliseconds: number;
  /** What all processes have read, by whatever call. */
  readonly bytesRead: number;
}

/** Starts a program `count` times at once. Rejects unless each exits with 0. */
export async function burst(count: number, words: readonly string[], env: NodeJS.ProcessEnv): Promise<Burst> {
  const { stdout } = await run(['bash', script('time-burst.bash'), String(count), ...words], { env });
  return parseBurst(stdout);
}

export function parseBurst(stdout: string): Burst {
  const match = /^(\d+) (\d+)\n$/.exec(stdout);
  if (match === null) throw new Error(`not the time and the bytes of a burst: ${stdout}`);
  return { milliseconds: Number(match[1]) / 1000, bytesRead: Number(match[2]) };
}
