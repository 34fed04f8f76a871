import { readFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';

/** Comes back when a child stands still after a SIGSTOP; rejects where it has ended instead. */
export async function untilStopped(pid = 0): Promise<void> {
  while (!/^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) await after(1);
}
