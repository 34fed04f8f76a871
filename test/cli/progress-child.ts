/**
 * progress-child.ts [PID]: shows the progress of a file on its own standard error, by a clock that every look moves a second
 * on, and prints a line when it is done. The first quarter is read by process PID, if that is given, and then all of it.
 */
import { hostname } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { progressOn } from '../../lib/cli/progress.js';
import { handleSignals } from '../../lib/cli/signals.js';
import { terminalOf } from '../../lib/cli/terminal.js';
import type { Reader } from '../../lib/verify/reader.js';

let now = 1_000_000;
const settings = { env: process.env, policies: [], problems: [] };
const output = {
  out: (text: string) => void process.stdout.write(text),
  err: (text: string) => void process.stderr.write(text),
};
const terminal = terminalOf(process, output, settings, handleSignals(process));
const progress = await progressOn(terminal, false, () => (now += 1000));
const [pid] = process.argv.slice(2);
let shown = false;
const write = process.stderr.write.bind(process.stderr) as (...args: unknown[]) => boolean;
process.stderr.write = (...args: unknown[]) => {
  shown = true;
  return write(...args);
};
// The bar is loaded when it is needed first.
while (!shown) {
  if (pid === undefined) progress.update('/blobs/hole', 0, 4e9);
  else progress.update('/blobs/hole', 1e9, 4e9, readerOf(Number(pid)));
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

function readerOf(number: number): Reader {
  const quarter = { bytesDone: 1e9, bytesTotal: 4e9, bytesPerSecond: 1e9, secondsLeft: 3 };
  return { pid: number, host: hostname(), since: '', ...quarter, silentSeconds: 0, stalled: false };
}
