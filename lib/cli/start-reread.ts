import { blobNameAt, type EntryReport } from '../index.js';
import { ownCommand, startDetached } from './detached.js';
import type { GlobalOptions } from './global-options.js';
import type { Terminal } from './terminal.js';

/** Runs a program while nobody else wants the disk (util-linux) or a processor (coreutils). */
const IDLE = ['ionice', '-c', '3', 'nice', '-n', '19'] as const;

/**
 * Has the bases that are overdue read again in the background, where anything is; nobody waits for that. One process a
 * store does it (`blobcheck reread`), whoever else is started ends at once.
 */
export function startReread(entries: readonly EntryReport[], options: GlobalOptions, terminal: Terminal): void {
  const overdue = entries.flatMap(({ findings }) =>
    findings.flatMap(({ code, subject }) => (code === 'verification-overdue' && subject !== null ? [subject] : [])),
  );
  const blobs = [...new Set(overdue.map(blobNameAt).filter((name) => name !== null))];
  if (blobs.length === 0) return;
  const words = [...ownCommand('reread', options, terminal), '--', ...blobs];
  const start = (command: readonly string[]) => startDetached(command, terminal, 'ignore');
  // Without util-linux it is done all the same.
  const child = start([...IDLE, ...words]).once('error', () =>
    start(words)
      .once('error', () => {})
      .unref(),
  );
  child.unref();
}
