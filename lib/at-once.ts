/** Does at most so many things at once, in the order of asking. */
export interface Limit {
  inside<T>(work: () => Promise<T>): Promise<T>;
  /** Called by who is inside: lets another in for as long as `wait` takes, and comes back before anybody who is new. */
  outside<T>(wait: () => Promise<T>): Promise<T>;
}

export function limitOf(most: number): Limit {
  const returning: (() => void)[] = [];
  const coming: (() => void)[] = [];
  let free = most;
  const enter = (queue: (() => void)[]) =>
    new Promise<void>((resolve) => {
      if (free === 0) queue.push(resolve);
      else {
        free--;
        resolve();
      }
    });
  const leave = () => {
    const next = returning.shift() ?? coming.shift();
    if (next === undefined) free++;
    else next();
  };
  return {
    async inside(work) {
      await enter(coming);
      try {
        return await work();
      } finally {
        leave();
      }
    },
    async outside(wait) {
      leave();
      try {
        return await wait();
      } finally {
        await enter(returning);
      }
    },
  };
}

/**
 * Does `work` for each item, for at most so many at once; the results are in the order of the items. After an error
 * nothing new is begun, and it is thrown when all that was under way has ended.
 */
export async function mapAtOnce<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const errors: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length && errors.length === 0) {
      const at = next++;
      try {
        results[at] = await work(items[at] as T);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  if (errors.length > 0) throw errors[0];
  return results;
}
