import { createHash } from 'node:crypto';
import { BlobcheckError } from '../errors.js';
import { type Locked, type LockOptions, withLock } from '../trust/lock.js';
import { openState } from '../trust/state-directory.js';
import type { StoreCheckOptions } from '../verify/run.js';

/** `task` says what is done, for instance `snapshot simular/win11:v1`; two who say the same of one store take turns. */
export async function withTaskTurn<T>(
  options: StoreCheckOptions,
  task: string,
  wait: LockOptions,
  work: () => Promise<T>,
): Promise<Locked<T>> {
  const root = await rootOf(options);
  if (root === null) return { kind: 'not-locked', problem: null };
  const name = `task-${createHash('sha256').update(task).digest('hex')}`;
  return await withLock(await openState(options.stateDir, root), name, wait, work);
}

/** Null where the settings lead to none; the work itself says why. */
async function rootOf({ location }: StoreCheckOptions): Promise<string | null> {
  try {
    return (await location).root;
  } catch (error) {
    if (error instanceof BlobcheckError) return null;
    throw error;
  }
}
