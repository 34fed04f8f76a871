import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeOlder } from './remove-old.js';
import { folderOf, type StateDirectory } from './state-directory.js';

/** Seconds: no stamp speaks for longer than a receipt does (30 days), and a day more hurts nobody. */
const LONGEST = 31 * 24 * 60 * 60;

/**
 * Files that are looked at each time. All of them would be thousands for every stamp that is written; and of those that
 * nobody uses any more some stand behind one that is, until the last is gone.
 */
const MOST_LOOKS = 64;

/**
 * Removes stamps and locks that nobody has used for a month, of those that stand behind a reference: else their folders
 * would grow with every name that there ever was. Whoever holds a lock that goes at that very moment works on, and somebody
 * else may do the same work at the same time. `now` in seconds since 1970. Never throws for what is on the disk.
 */
export async function sweepBehind(state: StateDirectory, name: string, now: number): Promise<void> {
  if (state.path === null) return;
  await sweep(folderOf(state.path, state, 'stamps'), name, now);
  await sweep(join(state.path, 'locks'), `hook.${name}`, now);
}

async function sweep(folder: string, name: string, now: number): Promise<void> {
  const names = (await readdir(folder).catch(() => [])).sort();
  const behind = names.findIndex((each) => each > name);
  const inTurn = behind === -1 ? names : [...names.slice(behind), ...names.slice(0, behind)];
  for (const each of inTurn.slice(0, MOST_LOOKS)) await removeOlder(join(folder, each), (now - LONGEST) * 1000);
}
