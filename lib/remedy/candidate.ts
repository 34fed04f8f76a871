import { dropPageCache, openDirect } from '../digest/direct.js';
import { type HashedFile, hashOpenFile } from '../digest/hash-file.js';
import { BlobcheckError, systemErrorText } from '../errors.js';
import { identityOf, sameIdentity } from '../file/identity.js';
import { openRegular } from '../file/open-regular.js';
import { readAtOf } from '../file/read-at.js';
import { judgeStructure } from '../verify/blob-structure.js';

/** A file that might become a blob: what is on the medium, not what somebody meant to write. */
export interface Candidate {
  readonly path: string;
  readonly hashed: HashedFile;
  /** Why it cannot be one whatever its content is (rule 13); null when its structure is sound. */
  readonly flaw: string | null;
  /** `sound` where header and tables of the very bytes that were hashed were judged, and not even a warning came of it. */
  readonly structure: 'sound' | 'unknown';
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (path: string, bytesDone: number, bytesTotal: number) => void;
}

/**
 * Flushes a file, then reads it back from the medium; `blob` is the name of what it might become. Throws `BlobcheckError`: `unreadable` for what cannot be read or
 * flushed, `changed` for what is still being written, `aborted`.
 */
export async function readCandidate(path: string, blob: string, options: ReadOptions): Promise<Candidate> {
  const { signal, onProgress } = options;
  await flush(path);
  const opened = await openDirect(path);
  if (opened.kind !== 'regular') throw new BlobcheckError('unreadable', notRegular(opened), { path });
  try {
    await dropPageCache(opened.handle);
    const hashed = await hashOpenFile(opened.handle, path, {
      source: opened.readFrom,
      onProgress: (done, total) => onProgress(path, done, total),
      ...(signal === undefined ? {} : { signal }),
    });
    if (hashed.changed !== null) throw new BlobcheckError('changed', 'it changed while it was being read', { path });
    return { path, hashed, ...(await structureOf(path, blob, hashed, signal)) };
  } finally {
    await opened.handle.close();
  }
}

/** Tables are read in pieces of any size, which O_DIRECT does not take. */
async function structureOf(
  path: string,
  blob: string,
  { bytes, after }: HashedFile,
  signal: AbortSignal | undefined,
): Promise<Pick<Candidate, 'flaw' | 'structure'>> {
  const opened = await openRegular(path);
  if (opened.kind !== 'regular') throw new BlobcheckError('unreadable', notRegular(opened), { path });
  try {
    const request = { blob, path, size: bytes, signal, tables: 'unknown' as const };
    const { findings } = await judgeStructure(readAtOf(opened.handle, path), request);
    const flaw = findings.find(({ severity }) => severity === 'error' || severity === 'unverified')?.message ?? null;
    const isSound = findings.length === 0 && sameIdentity(identityOf(opened.stats), after);
    return { flaw, structure: isSound ? 'sound' : 'unknown' };
  } finally {
    await opened.handle.close();
  }
}

async function flush(path: string): Promise<void> {
  const opened = await openRegular(path);
  if (opened.kind !== 'regular') throw new BlobcheckError('unreadable', notRegular(opened), { path });
  try {
    await opened.handle.sync();
  } catch (cause) {
    throw new BlobcheckError('unreadable', `cannot be flushed: ${systemErrorText(cause)}`, { path, cause });
  } finally {
    await opened.handle.close();
  }
}

function notRegular(opened: { readonly kind: string; readonly error?: unknown; readonly what?: string }): string {
  if (opened.kind === 'missing') return 'there is no such file';
  return opened.kind === 'not-regular' ? `not a regular file but a ${opened.what}` : systemErrorText(opened.error);
}
