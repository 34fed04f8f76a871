import type { Finding } from '../finding/finding.js';
import { openStore } from '../store/open.js';
import type { Store } from '../store/store.js';
import { commandPlace } from './command-place.js';
import { errorFinding } from './error-finding.js';
import { type Run, type StoreCheckOptions, startRun } from './run.js';

/** A run over a store that is open, or why there is none to look into. */
export type OpenedForCheck =
  | { readonly run: Run; readonly root: string; readonly store: Store }
  | { readonly run: Run; readonly root: string | null; readonly store: null; readonly failure: Finding };

/** Finds and opens the store. What is wrong with it is a finding, never an error: every command has an answer. */
export async function openForCheck(options: StoreCheckOptions): Promise<OpenedForCheck> {
  let root: string | null = null;
  try {
    const location = await options.location;
    root = location.root;
    const run = await startRun(root, options, commandPlace(location, options.stateDir));
    const store = await openStore(location, options.signal === undefined ? {} : { signal: options.signal });
    return { run, root, store };
  } catch (error) {
    const failure = errorFinding(error, root);
    // Nothing is read, so nothing is remembered.
    return { run: await startRun(root ?? '.', { ...options, stateDir: null }), root, store: null, failure };
  }
}
