/**
 * progress-child.ts: shows the progress of a file on its own standard error, by a clock that every look moves a second on,
 * and prints a line when it is done.
 */
import { setImmediate } from 'node:timers/promises';
import { progressOn } from '../../lib/cli/progress.js';
import { handleSignals } from '../../lib/cli/signals.js';
import { terminalOf } from '../../lib/cli/terminal.js';

let now = 1_000_000;
const settings = { env: process.env, policies: [], problems: [] };
const terminal = terminalOf(process, settings, handleSignals(process));
const progress = await progressOn(terminal, false, () => (now += 1000));
let shown = false;
const write = process.stderr.write.bind(process.stderr) as (...args: unknown[]) => boolean;
process.stderr.write = (...args: unknown[]) => {
  shown = true;
  return write(...args);
};
// The bar is loaded when it is needed first.
while (!shown) {
  progress.update('/blobs/hole', 0, 4e9);
  await setImmediate();
}
for (let part = 1; part <= 4; part += 1) {
  progress.update('/blobs/hole', part * 1e9, 4e9);
  await setImmediate();
}
progress.stop();
terminal.out('done\n');
// A bar that was not taken away would keep this process alive for ever.
process.exit(0);
