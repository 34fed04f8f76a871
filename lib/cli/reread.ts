import { BlobcheckError, parseBlobName, rereadBlobs } from '../index.js';
import { exitCodes } from './exit.js';
import { type StoreOptions, storeCheckOptions } from './options.js';
import { progressOn } from './progress.js';
import type { Terminal } from './terminal.js';

/** `blobcheck reread BLOB…`: what `startReread` has done in the background. Says nothing; its result is remembered. */
export async function rereadCommand(
  blobs: readonly string[],
  options: StoreOptions,
  terminal: Terminal,
): Promise<number> {
  const wrong = blobs.find((blob) => parseBlobName(blob) === null);
  if (wrong !== undefined) throw new BlobcheckError('usage', `'${wrong}' is not the name of a blob`);
  const isDone = await rereadBlobs(blobs, storeCheckOptions(options, terminal, progressOn(terminal, true)));
  return isDone ? exitCodes.allow : exitCodes.busy;
}
