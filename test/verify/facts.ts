import type { EntryReport } from '../../lib/report/documents.js';
import { openStore } from '../../lib/store/open.js';
import type { Store } from '../../lib/store/store.js';
import { judgeFiles, type SnapshotFiles } from '../../lib/verify/judge-files.js';
import { ensureSnapshot } from '../../lib/verify/origin.js';
import { judgeOverlay } from '../../lib/verify/overlay.js';
import { type Run, startRun } from '../../lib/verify/run.js';
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

/** What is changed before the files of a snapshot are judged. */
export interface Changes {
  readonly facts?: (facts: SnapshotFacts) => Partial<SnapshotFacts>;
  readonly files?: Partial<SnapshotFiles>;
  readonly store?: Partial<Store>;
  readonly run?: (run: Run) => Partial<Run>;
}

/** Judges what was read of a snapshot; nothing is remembered. */
export async function judgedFiles({ root }: Node, name = 'app:v1', changes: Changes = {}): Promise<EntryReport> {
  return await withStore({ root }, async (store) => {
    const facts = await factsOf({ root }, name);
    const run = await startRun(root.directory, { stateDir: null, tool: 'test' });
    return await judgeFiles(
      { ...run, ...changes.run?.(run) },
      { ...store, ...changes.store },
      {
        ref: name,
        id: facts.record.id,
        facts: { ...facts, ...changes.facts?.(facts) },
        rawDisks: [],
        findings: [],
        judgeOverlay: (path, place) => judgeOverlay(path, place),
        ensure: ensureSnapshot(run.place, name),
        ...changes.files,
      },
    );
  });
}
