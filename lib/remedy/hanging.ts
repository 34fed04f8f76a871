import { BlobcheckError } from '../errors.js';
import type { Store } from '../store/store.js';
import { blobsOf } from '../verify/blob-targets.js';

/**
 * The snapshots (by name) whose base no record pins and only this entry of the image index names: once the reference
 * leads elsewhere, garbage collection deletes it (cocoon-store.md, trap 5). A snapshot that cannot be read counts, too.
 */
export async function snapshotsHangingOn(store: Store, blob: string, signal?: AbortSignal): Promise<string[]> {
  if ((await store.imagesByDigest(blob)).length > 1) return [];
  const hanging: string[] = [];
  for (const { id, name, pending, deletion } of await store.listSnapshots()) {
    if (pending || deletion === 'deleting') continue;
    if (await standsOn(store, id, blob, signal)) hanging.push(name === '' ? id : name);
  }
  return hanging;
}

async function standsOn(store: Store, id: string, blob: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const record = await store.snapshot(id);
    if (record.imageBlobIds.includes(blob) || record.imageType === 'oci') return false;
    if (record.imageDigest === `sha256:${blob}`) return true;
    const found = await blobsOf(store, id, id, signal);
    return !('code' in found) && found.some((one) => one.blob === blob);
  } catch (error) {
    if (!(error instanceof BlobcheckError) || error.code === 'aborted') throw error;
    return true;
  }
}
