import type { EntryReport, VerifyReport } from '../../lib/report/documents.js';
import { type Ran, runProgram } from './run-program.js';

export { program, type Ran } from './run-program.js';

/** Runs the command line as a person does; nothing of the caller's cocoon or blobcheck settings reaches it. */
export function blobcheck(args: readonly string[], env: NodeJS.ProcessEnv = {}): Ran {
  return runProgram(args, { PATH: process.env.PATH, HOME: process.env.HOME, ...env });
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
