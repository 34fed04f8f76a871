import { blobNameAt, type EntryReport } from '../index.js';
import { systemProgram } from '../system-program.js';
import { ownCommand, startDetached } from './detached.js';
import type { GlobalOptions } from './global-options.js';
import type { Terminal } from './terminal.js';

/** Has a program run while nobody else wants the disk (util-linux) or a processor (coreutils), as far as that is to be had. */
function whenIdle(words: readonly string[]): readonly string[] {
  const [ionice, nice] = [systemProgram('ionice'), systemProgram('nice')];
  return [...(ionice ? [ionice, '-c', '3'] : []), ...(nice ? [nice, '-n', '19'] : []), ...words];
}

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
  try {
    startDetached(whenIdle(words), terminal, 'ignore', () => {})?.unref();
  } catch {
    // Nobody waits for it: without descriptors the next ask starts it.
  }
}
