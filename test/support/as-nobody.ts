import { spawnSync } from 'node:child_process';
import { program, type Ran } from './blobcheck.js';

/** The words before a command that is to run as a user who owns nothing. */
export const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;

/**
 * This environment without what only we may write to. Set to nothing and not left out: Node hands the directory of a
 * coverage run down to whom it is not said about.
 */
export const nobodysEnvironment = (): NodeJS.ProcessEnv => ({ ...process.env, NODE_V8_COVERAGE: undefined });

/** The command line, run as a user who owns nothing; a test that uses it needs `nobody`. */
export function blobcheckAsNobody(args: readonly string[]): Ran {
  const [command, ...words] = [...asNobody, process.execPath, program, ...args];
  const env = { PATH: process.env.PATH, NODE_V8_COVERAGE: undefined };
  const run = spawnSync(command ?? '', words, { cwd: '/', encoding: 'utf8', env });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}
