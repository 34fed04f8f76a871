import { limitOf, mapAtOnce } from '../at-once.js';
import type { Run } from './run.js';

/**
 * What may wait for bases at the same time: what is known of each is kept meanwhile, some 35 KB. Snapshots on one base
 * often follow each other, and the next base must come into sight behind them.
 */
const MOST_WAITING = 500;

/**
 * Judges one thing after the other, but goes on with the next while one waits for its base, so that several bases are
 * read at once. The answers are in the order of the items. An item opens files and asks the store only in its turn, so
 * hundreds of them hold no more open than one.
 */
export function judgeSideBySide<T, R>(
  run: Run,
  items: readonly T[],
  judge: (run: Run, item: T) => Promise<R>,
): Promise<readonly R[]> {
  const turn = limitOf(1);
  const waiting: Run = { ...run, blob: (request) => turn.outside(() => run.blob(request)) };
  return mapAtOnce(items, MOST_WAITING, (item) => turn.inside(() => judge(waiting, item)));
}
