import { spawn } from 'node:child_process';
import type { EnsureReport, PullPolicy } from '../index.js';
import type { GlobalOptions } from './global-options.js';
import type { Terminal } from './terminal.js';

/** What a hook has others do, because it takes longer than an asker may have. */
export interface WorkerTask {
  readonly kind: 'snapshot' | 'image';
  readonly ref: string;
  readonly policy: PullPolicy;
}

/**
 * Has a process of its own (own session, no descriptor of ours but two pipes) ensure a snapshot or an image, and waits
 * for its report. When the asker goes, it works on: its receipt serves the next ask ("one leader" in trust.md). Null
 * when it ended without a report.
 */
export function runWorker(task: WorkerTask, options: GlobalOptions, terminal: Terminal): Promise<EnsureReport | null> {
  const { node, program } = terminal.self;
  return new Promise((resolve) => {
    const child = spawn(node, [program, 'ensure', '--json', ...argumentsOf(task, options)], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: terminal.ownEnv,
    });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => terminal.err(chunk.toString('utf8')));
    child.on('error', () => resolve(null));
    child.on('close', () => resolve(reportOf(printed)));
  });
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

function reportOf(printed: string): EnsureReport | null {
  try {
    return JSON.parse(printed);
  } catch {
    return null;
  }
}
