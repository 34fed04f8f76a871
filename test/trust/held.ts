import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Locked, withLock } from '../../lib/trust/lock.js';
import type { StateDirectory } from '../../lib/trust/state-directory.js';

/** A lock that this process holds until it is released. */
export interface Held {
  release(): Promise<void>;
}

/** Takes a store's lock of a name, as another process would. */
export async function hold(state: StateDirectory, name: string): Promise<Held> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let ended: Promise<Locked<void>> | undefined;
  await new Promise<void>((resolve, reject) => {
    ended = withLock(state, name, {}, () => {
      resolve();
      return released;
    });
    ended.then(({ kind }) => (kind === 'done' ? undefined : reject(new Error('it cannot be locked'))), reject);
  });
  return {
    release: async () => {
      release();
      await ended;
    },
  };
}

export function lockFile(state: StateDirectory, name: string): string {
  return join(state.path ?? '', 'locks', `${state.key}.${name}`);
}

/** Comes back when so many processes wait for a lock, and somebody holds it. */
export async function untilWaiting(file: string, waiters: number): Promise<void> {
  for (;;) {
    const lines = linesOf(file);
    const waiting = lines.filter((line) => line.includes('->')).length;
    if (waiting === waiters && lines.length === waiters + 1) return;
    await setImmediate();
  }
}

/** The kernel's lines about a file, of who holds its lock and of who waits for it. */
function linesOf(file: string): string[] {
  const { ino } = statSync(file, { throwIfNoEntry: false }) ?? {};
  if (ino === undefined) return [];
  const lines = readFileSync('/proc/locks', 'utf8').split('\n');
  return lines.filter((line) => line.includes('FLOCK') && line.includes(`:${ino} `));
}
