import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const program = fileURLToPath(new URL('../../bin/blobcheck', import.meta.url));

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program with this environment and no other. */
export function runProgram(args: readonly string[], env: NodeJS.ProcessEnv): Ran {
  const run = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env, maxBuffer: 64 * 1024 * 1024 });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}
