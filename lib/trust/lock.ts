import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type StartOptions, startProgram } from '../start-program.js';
import { makeOwnDirectory } from './own-directory.js';
import { type StateDirectory, writeProblem } from './state-directory.js';

/** Milliseconds to wait for a lock that is held for one small write. */
export const SMALL_WRITE_MS = 20_000;

const BUSY = 'somebody else holds it';

/** flock(1)'s exit code for a lock that is held and not waited for; what fails otherwise has one of sysexits.h. */
const CONFLICT = 1;

export interface LockOptions {
  /** Milliseconds; without it as long as it takes. */
  readonly waitMs?: number;
  /** Ends the wait: then it is not locked. */
  readonly signal?: AbortSignal | undefined;
}

export type Locked<T> =
  | { readonly kind: 'done'; readonly result: T }
  /** Somebody else holds it, and the wait was not granted. */
  | { readonly kind: 'busy'; readonly problem: string }
  | { readonly kind: 'not-locked'; readonly problem: string | null };

/** The file of a store's lock of a name; null where there is no state directory. */
export function lockFile({ path, key }: StateDirectory, name: string): string | null {
  return path === null ? null : join(path, 'locks', `${key}.${name}`);
}

/**
 * Does `work` while no other process holds this store's lock of this name. A flock(2) lock: the kernel releases it when
 * its holder dies, so a kill leaves nothing to clean up. `work` gets the file of the lock, open for reading and writing:
 * what is in it never matters to the lock.
 */
export async function withLock<T>(
  state: StateDirectory,
  name: string,
  options: LockOptions,
  work: (file: FileHandle) => Promise<T>,
): Promise<Locked<T>> {
  const path = lockFile(state, name);
  if (state.path === null || path === null || state.problems.length > 0) return { kind: 'not-locked', problem: null };
  const folder = dirname(path);
  let handle: FileHandle;
  try {
    const problem = (await makeOwnDirectory(state.path)) ?? (await makeOwnDirectory(folder));
    if (problem !== null) return { kind: 'not-locked', problem };
    // Nobody else may open it: whoever can read a file can lock it and never let go.
    handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    return { kind: 'not-locked', problem: writeProblem(`${path} cannot be locked`, error) };
  }
  try {
    const problem = await takeLock(handle, options);
    if (problem !== null) {
      const kind = problem === BUSY ? 'busy' : 'not-locked';
      return { kind, problem: `${path} cannot be locked: ${problem}` };
    }
    return { kind: 'done', result: await work(handle) };
  } finally {
    await handle.close();
  }
}

/**
 * Takes a flock(2) lock on an open file or directory, by flock(1) on our own descriptor, where it stays until that is
 * closed. Null when it is held; else why not. `waitMs` 0 does not wait.
 */
export function takeLock(handle: FileHandle, { waitMs, signal }: LockOptions): Promise<string | null> {
  return new Promise((resolve) => {
    const notStarted = () => resolve(signal?.aborted ? 'interrupted' : 'flock (util-linux) does not start');
    const options = {
      stdio: ['ignore', 'ignore', 'ignore', handle.fd],
      env: { PATH: '/usr/bin:/bin' },
      endAfterMs: waitMs || undefined,
      signal,
    } satisfies StartOptions;
    const child = startProgram('flock', waitMs === 0 ? ['-n', '-x', '3'] : ['-x', '3'], options, notStarted);
    child?.on('close', (code, endedBy) => {
      if (code === 0) return resolve(null);
      if (signal?.aborted) return resolve('interrupted');
      // Any other end is not that of a wait: a file system without locks, say.
      resolve(code === CONFLICT || child.killed ? BUSY : `flock (util-linux) ends with ${code ?? endedBy}`);
    });
  });
}
