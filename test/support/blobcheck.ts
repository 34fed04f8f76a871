import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EntryReport, VerifyReport } from '../../lib/report/documents.js';

export const program = fileURLToPath(new URL('../../bin/blobcheck', import.meta.url));

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as a person does; nothing of the caller's cocoon or blobcheck settings reaches it. */
export function blobcheck(args: readonly string[], env: NodeJS.ProcessEnv = {}): Ran {
  const run = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

export function verifyJson(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { status: number | null; report: VerifyReport } {
  const run = blobcheck(['verify', '--json', ...args], env);
  return { status: run.status, report: JSON.parse(run.stdout) };
}

export function codesOf(entry: EntryReport | undefined): readonly string[] {
  return entry?.findings.map(({ code }) => code) ?? [];
}
