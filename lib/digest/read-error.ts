import { BlobcheckError, systemErrorText } from '../errors.js';
import { identityOf, sameIdentity } from '../file/identity.js';
import type { Readable } from '../file/readable.js';
import { PAGE_BYTES, pageAlignedBuffer } from './aligned-memory.js';
import { openDirect } from './direct.js';

/** Each try halves the range: 11 take a buffer of 8 MiB down to one block, one more looks at that block. */
const MAX_TRIES = 16;

interface Failure {
  /** Byte offset of the smallest read that failed. */
  readonly offset: number;
  readonly cause: unknown;
}

/**
 * A read of `buffer.length` bytes at `offset` failed: finds the first block of 4 KiB in that range which cannot be
 * read, and throws `BlobcheckError` `unreadable` with its offset. If every smaller read succeeds (the error was a
 * passing one) the offset is that of the smallest that failed: a disk that failed once is not asked again for the
 * content.
 */
export async function locateReadError(
  handle: Readable,
  path: string,
  offset: number,
  buffer: Buffer,
  cause: unknown,
): Promise<never> {
  const end = offset + buffer.length;
  let failure = (await firstFailure(handle, offset, end, buffer)) ?? { offset, cause };
  // The page cache fails in its own units, up to 2 MiB where it keeps a file in large folios.
  failure = (await firstFailurePastTheCache(handle, path, failure.offset, end)) ?? failure;
  throw new BlobcheckError('unreadable', `cannot read at byte ${failure.offset}: ${systemErrorText(failure.cause)}`, {
    path,
    offset: failure.offset,
    cause: failure.cause,
  });
}

async function firstFailure(handle: Readable, from: number, to: number, buffer: Buffer): Promise<Failure | null> {
  let good = from;
  let bad = to;
  let failure: Failure | null = null;
  for (let tries = 0; tries < MAX_TRIES && good < bad; tries++) {
    const half = Math.max(PAGE_BYTES, Math.floor((bad - good) / 2 / PAGE_BYTES) * PAGE_BYTES);
    try {
      const { bytesRead } = await handle.read(buffer, 0, half, good);
      if (bytesRead === 0) break;
      good += bytesRead;
    } catch (cause) {
      failure = { offset: good, cause };
      if (half === PAGE_BYTES) break;
      bad = good + half;
    }
  }
  return failure;
}

/** Null where the file system has no reads past the cache, the name leads to another file, or all can be read there. */
async function firstFailurePastTheCache(
  handle: Readable,
  path: string,
  from: number,
  to: number,
): Promise<Failure | null> {
  const opened = await openDirect(path);
  if (opened.kind !== 'regular') return null;
  try {
    const ours = await handle.stat({ bigint: true }).catch(() => null);
    if (ours === null || opened.readFrom !== 'disk' || !sameIdentity(identityOf(opened.stats), identityOf(ours))) {
      return null;
    }
    const aligned = Math.floor(from / PAGE_BYTES) * PAGE_BYTES;
    return await firstFailure(opened.handle, aligned, to, pageAlignedBuffer(to - aligned));
  } finally {
    await opened.handle.close();
  }
}
