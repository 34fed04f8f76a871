import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ran } from './blobcheck.js';
import { temporaryDirectory } from './temporary.js';

/** Runs a command under strace; its calls of these kinds (as after `-e trace=`), those of its threads and children too. */
export function traced(
  words: readonly string[],
  calls: string,
  options: readonly string[] = [],
  env: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: process.env.HOME },
): Ran & { readonly calls: readonly string[] } {
  const file = join(temporaryDirectory(), 'trace');
  const argv = ['-f', '-y', '-s', '512', '-qq', '-e', `trace=${calls}`, ...options, '-o', file, ...words];
  // Node hands it on, and coverage writes files that nobody asks about.
  const quiet = { ...env, NODE_V8_COVERAGE: undefined };
  const run = spawnSync('strace', argv, { encoding: 'utf8', env: quiet, maxBuffer: 64 * 1024 * 1024 });
  return { ...run, calls: readFileSync(file, 'utf8').trimEnd().split('\n') };
}
