import { openStore } from '../../lib/store/open.js';
import type { Store } from '../../lib/store/store.js';
import { readSnapshotFacts, type SnapshotFacts } from '../../lib/verify/snapshot-facts.js';
import { type BuiltRoot, idFor } from '../builders/cocoon-root.js';

interface Node {
  readonly root: BuiltRoot;
}

/** What stands in the files of a node's snapshot, to be changed before it is judged. */
export async function factsOf({ root }: Node, name = 'app:v1'): Promise<SnapshotFacts> {
  return await withStore({ root }, async (store) =>
    readSnapshotFacts(await store.snapshot(idFor(name)), { root: root.directory }),
  );
}

export async function withStore<T>({ root }: Node, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(root.location);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
