import { blobPath, parseBlobName } from '../store/blob.js';
import { withLock } from '../trust/lock.js';
import { openState } from '../trust/state-directory.js';
import { type StoreCheckOptions, startRun } from './run.js';

/**
 * Reads blobs of a store, by their names, again, one after another, and remembers what comes of it: the next check finds a
 * fresh receipt, or a bad one. One process a store: false where another does it already.
 */
export async function rereadBlobs(blobs: readonly string[], options: StoreCheckOptions): Promise<boolean> {
  const { root } = await options.location;
  const state = await openState(options.stateDir, root);
  const turn = await withLock(state, 'reread', { waitMs: 0 }, async () => {
    const run = await startRun(root, { ...options, content: 'read' });
    for (const name of blobs) {
      const blob = parseBlobName(name);
      if (blob !== null) await run.blob({ blob: name, path: blobPath(root, blob), indexedBytes: [] });
    }
  });
  // Where nothing can be locked, nothing can be remembered.
  return turn.kind === 'done';
}
