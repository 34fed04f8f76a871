import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import type { EnsureReport, PullPolicy } from '../index.js';
import { exitCodes } from './exit.js';
import type { GlobalOptions } from './global-options.js';
import type { Terminal } from './terminal.js';

/** What a hook has others do, because it takes longer than an asker may have. */
export interface WorkerTask {
  readonly kind: 'snapshot' | 'image';
  readonly ref: string;
  readonly policy: PullPolicy;
}

export type WorkerEnd =
  | { readonly kind: 'report'; readonly report: EnsureReport }
  /** Another process does the same. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'nothing' };

/** Names the task for those who would do the same: who only reads does not wait for who downloads. */
export const taskName = ({ kind, ref, policy }: Record<'kind' | 'ref' | 'policy', string>): string =>
  `${kind} ${policy} ${ref}`;

/**
 * Has a process of its own (own session, no descriptor of ours but two pipes) ensure a snapshot or an image, and waits
 * for its report. When the asker goes, it works on: its receipt serves the next ask ("one leader" in trust.md).
 */
export function runWorker(task: WorkerTask, options: GlobalOptions, terminal: Terminal): Promise<WorkerEnd> {
  const { node, program } = terminal.self;
  const nothing = openSync('/dev/null', 'r+');
  return new Promise<WorkerEnd>((resolve) => {
    const child = spawn(node, [program, 'ensure', '--json', '--exact', '--alone', ...argumentsOf(task, options)], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...withoutOurs(nothing)],
      env: terminal.ownEnv,
    });
    let printed = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
    child.stderr?.on('data', (chunk: Buffer) => terminal.err(chunk.toString('utf8')));
    child.on('error', () => resolve({ kind: 'nothing' }));
    child.on('close', (code) => resolve(code === exitCodes.busy ? { kind: 'busy' } : endOf(printed)));
  }).finally(() => closeSync(nothing));
}

/** Descriptors that are given away at most; a shell's own are below 256. */
const MOST_DESCRIPTORS = 1024;

/**
 * What our caller has left open would live as long as the worker, its locks included, and Node hands down all but the
 * lowest: each gets another file in the worker.
 */
function withoutOurs(nothing: number): number[] {
  const open = readdirSync('/proc/self/fd').map(Number);
  const highest = Math.min(Math.max(...open), MOST_DESCRIPTORS);
  return Array.from({ length: Math.max(0, highest - 2) }, () => nothing);
}

function argumentsOf({ kind, ref, policy }: WorkerTask, options: GlobalOptions): string[] {
  const given: [string, string | undefined][] = [
    ['--root-dir', options.rootDir],
    ['--config', options.config],
    ['--state-dir', options.stateDir],
  ];
  const flags = given.flatMap(([flag, value]) => (value === undefined ? [] : [`${flag}=${value}`]));
  const what = kind === 'image' ? [`--image=${ref}`] : ['--', ref];
  return [`--pull-policy=${policy}`, ...flags, ...what];
}

function endOf(printed: string): WorkerEnd {
  try {
    return { kind: 'report', report: JSON.parse(printed) };
  } catch {
    return { kind: 'nothing' };
  }
}
