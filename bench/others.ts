import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Milliseconds below which a few ticks more or less would be a large part of all. */
const LEAST_MS = 1000;

/** Ticks a second of the times in /proc, on every Linux that Node runs on (USER_HZ). */
const TICKS = 100;

/**
 * Watches how much of the processors' time others have from now on: processes that are not ours, and the host of a virtual
 * machine. The answer is a part of all processors' time, 0 to 1, or null where /proc does not tell, or not yet.
 */
export function watchOthers(): () => number | null {
  const began = performance.now();
  const before = busyTicks();
  return () => {
    const after = busyTicks();
    const elapsed = performance.now() - began;
    if (before === null || after === null || elapsed < LEAST_MS) return null;
    const all = (elapsed / 1000) * TICKS * cpus().length;
    const foreign = after.machine - before.machine - (after.ours - before.ours);
    return Math.min(1, Math.max(0, foreign / all));
  };
}

/** Ticks that this machine was busy, and those that we and the children we have waited for had of them (proc(5)). */
function busyTicks(): { machine: number; ours: number } | null {
  try {
    const cpu = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]?.split(' ').map(Number) ?? [];
    // user, nice, system; then irq, softirq and what the host took for others.
    const machine = [0, 1, 2, 5, 6, 7].reduce((sum, at) => sum + (cpu[at] ?? 0), 0);
    // Behind the name, which may hold anything, in parentheses: utime, stime, cutime, cstime.
    const own = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number);
    const ours = [11, 12, 13, 14].reduce((sum, at) => sum + (own[at] ?? 0), 0);
    return { machine, ours };
  } catch {
    return null;
  }
}
