import { basename } from 'node:path';
import type { Ran } from './blobcheck.js';
import { traced } from './traced.js';

/** Runs a command under strace; the names of all programs that it has started, itself the first. */
export function startedBy(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Ran & { readonly programs: readonly string[] } {
  const { calls, ...run } = traced(words, 'execve', ['--seccomp-bpf', '-z'], env);
  const started = calls.flatMap((call) => /execve\("([^"]*)"/.exec(call)?.[1] ?? []);
  return { ...run, programs: started.map((path) => basename(path)) };
}
