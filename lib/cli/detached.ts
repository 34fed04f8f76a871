import type { ChildProcess, StdioOptions } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { startProgram } from '../start-program.js';
import type { GlobalOptions } from './global-options.js';
import type { Terminal } from './terminal.js';

/** Descriptors that are given away at most; a shell's own are below 256. */
const MOST_DESCRIPTORS = 1024;

/**
 * Starts ourselves, with these arguments, or a program that does, as a process that outlives us: own session, and of our
 * descriptors none but those of `output`, what is to become of its standard output and standard error.
 */
export function startDetached(
  [program = '', ...args]: readonly string[],
  terminal: Terminal,
  output: 'pipe' | 'ignore',
  onFailed: () => void,
): ChildProcess | null {
  const nothing = openSync('/dev/null', 'r+');
  try {
    const stdio: StdioOptions = ['ignore', output, output, ...withoutOurs(nothing)];
    return startProgram(program, args, { detached: true, stdio, env: terminal.ownEnv }, onFailed);
  } finally {
    closeSync(nothing);
  }
}

/**
 * What our caller has left open would live as long as the process, its locks included, and Node hands down all but the
 * lowest: each gets another file there.
 */
function withoutOurs(nothing: number): number[] {
  const open = readdirSync('/proc/self/fd').map(Number);
  const highest = Math.min(Math.max(...open), MOST_DESCRIPTORS);
  return Array.from({ length: Math.max(0, highest - 2) }, () => nothing);
}

/** The words with which a process of ours runs a command over the same store. */
export function ownCommand(command: string, options: GlobalOptions, { self }: Terminal): string[] {
  const given: [string, string | undefined][] = [
    ['--root-dir', options.rootDir],
    ['--run-dir', options.runDir],
    ['--config', options.config],
    ['--state-dir', options.stateDir],
  ];
  const flags = given.flatMap(([flag, value]) => (value === undefined ? [] : [`${flag}=${value}`]));
  return [self.node, self.program, command, ...flags];
}
