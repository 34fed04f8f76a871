import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Ran } from './blobcheck.js';
import { temporaryDirectory } from './temporary.js';

/** Runs a command under strace; the names of all programs that it has started, itself the first. */
export function startedBy(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Ran & { readonly programs: readonly string[] } {
  const trace = join(temporaryDirectory(), 'trace');
  const run = spawnSync('strace', ['-f', '--seccomp-bpf', '-qq', '-z', '-e', 'trace=execve', '-o', trace, ...words], {
    encoding: 'utf8',
    env,
  });
  const started = [...readFileSync(trace, 'utf8').matchAll(/execve\("([^"]*)"/g)];
  return { ...run, programs: started.map(([, path]) => basename(path ?? '')) };
}
