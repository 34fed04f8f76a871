import type { EnsureReport, PullPolicy } from '../index.js';
import { ownCommand, startDetached } from './detached.js';
import { exitCodes } from './exit.js';
import type { GlobalOptions } from './global-options.js';
import type { Terminal } from './terminal.js';

/** What a hook has others do, because it takes longer than an asker may have. */
export interface WorkerTask {
  readonly kind: 'snapshot' | 'image' | 'directory';
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
  const words = [...ownCommand('ensure', options, terminal), '--json', '--exact', '--alone', ...wordsOf(task)];
  return new Promise<WorkerEnd>((resolve) => {
    const child = startDetached(words, terminal, 'pipe', () => resolve({ kind: 'nothing' }));
    let printed = '';
    child?.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
    child?.stderr?.on('data', (chunk: Buffer) => terminal.err(chunk.toString('utf8')));
    child?.on('close', (code) => resolve(code === exitCodes.busy ? { kind: 'busy' } : endOf(printed)));
  });
}

function wordsOf({ kind, ref, policy }: WorkerTask): string[] {
  const named = { image: [`--image=${ref}`], directory: [`--from-dir=${ref}`], snapshot: ['--', ref] }[kind];
  return [`--pull-policy=${policy}`, ...named];
}

function endOf(printed: string): WorkerEnd {
  try {
    return { kind: 'report', report: JSON.parse(printed) };
  } catch {
    return { kind: 'nothing' };
  }
}
