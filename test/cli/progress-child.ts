/**
 * progress-child.ts: shows the progress of a file on its own standard error, by a clock that every look moves a second on,
 * and prints a line when it is done.
 */
import { setImmediate } from 'node:timers/promises';
import { progressOn } from '../../lib/cli/progress.js';
import { terminalOf } from '../../lib/cli/terminal.js';

let now = 1_000_000;
const terminal = terminalOf(process, new AbortController().signal);
const progress = await progressOn(terminal, false, () => (now += 1000));
// The bar itself may be loaded when it is needed first.
await import('cli-progress');
for (let part = 0; part <= 4; part += 1) {
  progress.update('/blobs/hole', part * 1e9, 4e9);
  await setImmediate();
}
progress.stop();
terminal.out('done\n');
