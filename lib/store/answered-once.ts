import type { Store } from './store.js';

/**
 * The same store, of which each question gets one answer, however often it is asked: a database that was idle may change
 * between two, and what is compared with the metadata in the end must be what was judged. An answer is kept as long as the
 * store: not for who asks about all that there is.
 */
export function answeredOnce(store: Store): Store {
  return {
    ...store,
    resolve: once(store.resolve),
    snapshot: once(store.snapshot),
    image: once(store.image),
    virtualMachines: once(store.virtualMachines),
  };
}

export function once<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (key) => {
    const answer = answers.get(key) ?? ask(key);
    answers.set(key, answer);
    return answer;
  };
}
