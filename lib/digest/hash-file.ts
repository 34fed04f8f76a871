import type { BigIntStats } from 'node:fs';
import { BlobcheckError, systemErrorText } from '../errors.js';
import { type Changed, whatChanged } from '../file/changed.js';
import { type FileIdentity, identityOf } from '../file/identity.js';
import { openRegular } from '../file/open-regular.js';
import type { Readable } from '../file/readable.js';
import { openDirect } from './direct.js';
import type { EngineName } from './engine.js';
import type { hashContent } from './hash-content.js';
import type { ReadFrom } from './read-from.js';
import { inReadingTurn } from './reading-turn.js';

export interface HashOptions {
  /** Default `native`. */
  readonly engine?: EngineName;
  /** Looked at before every read; then `BlobcheckError` `aborted`. */
  readonly signal?: AbortSignal;
  /** Called after every buffer (8 MiB) with bytes; does nothing by default. */
  readonly onProgress?: (bytesDone: number, bytesTotal: number) => void;
}

export interface HashOpenOptions extends HashOptions {
  /** `disk` for a descriptor with O_DIRECT: its buffers are page-aligned. */
  readonly source: ReadFrom;
}

export interface HashedFile {
  /** SHA-256 of the bytes read: 64 lower-case hexadecimal digits. */
  readonly digest: string;
  /** Bytes hashed: the size at the beginning, unless the file shrank. */
  readonly bytes: number;
  readonly seconds: number;
  /** This machine's clock before the first look at the file; nanoseconds since 1970. */
  readonly startedNs: bigint;
  readonly before: FileIdentity;
  readonly after: FileIdentity;
  readonly changed: Changed | null;
  readonly readFrom: ReadFrom;
  /** What computed the digest. */
  readonly engine: EngineName;
}

/**
 * SHA-256 of a whole open file. `path` is the name that the file was opened by: looked at again afterwards, and named in
 * errors. The handle stays open, and must until this has come to its end. Several at once share the processor's cores, and
 * the last of them wait for their turn; two of one disk that turns are read one after the other.
 *
 * A file that changes meanwhile is a value in the result. `BlobcheckError` `unreadable` with the offset of the first
 * 4 KiB block that cannot be read, `aborted` after the signal.
 */
export async function hashOpenFile(handle: Readable, path: string, options: HashOpenOptions): Promise<HashedFile> {
  const { dev, size } = await statOf(handle, path);
  const request = { device: dev, bytes: sizeOf(size, path), path, signal: options.signal };
  return await inReadingTurn(handle, request, (read) => hashInTurn(handle, path, options, read));
}

async function hashInTurn(
  handle: Readable,
  path: string,
  options: HashOpenOptions,
  read: typeof hashContent,
): Promise<HashedFile> {
  const { engine = 'native', signal, onProgress, source } = options;
  const started = performance.now();
  const startedNs = BigInt(Date.now()) * 1_000_000n;
  const before = await statOf(handle, path);
  const size = sizeOf(before.size, path);
  const content = { path, size, aligned: source === 'disk', engine, signal };
  const { digest, bytes } = await read(handle, content, (done) => onProgress?.(done, size));
  if (size === 0 && source === 'cache') await expectNothing(handle, path);
  const after = await statOf(handle, path);
  const changed = (await whatChanged(path, before, after)) ?? (bytes === size ? null : 'content');
  return {
    digest,
    bytes,
    seconds: (performance.now() - started) / 1000,
    startedNs,
    before: identityOf(before),
    after: identityOf(after),
    changed,
    readFrom: source,
    engine,
  };
}

export interface HashFileOptions extends HashOptions {
  /** Reads past the page cache where the file system lets us: `readFrom` says whether it did. Default false. */
  readonly direct?: boolean;
}

/**
 * Opens a regular file, hashes it and closes it. What is not a regular file, or cannot be opened, is a `BlobcheckError`
 * `unreadable`; otherwise as `hashOpenFile`.
 */
export async function hashFile(path: string, options: HashFileOptions = {}): Promise<HashedFile> {
  const { direct = false, ...rest } = options;
  const opened = direct ? await openDirect(path) : { ...(await openRegular(path)), readFrom: 'cache' as const };
  if (opened.kind === 'missing') throw new BlobcheckError('unreadable', 'there is no such file', { path });
  if (opened.kind === 'not-regular') {
    throw new BlobcheckError('unreadable', `not a regular file but a ${opened.what}`, { path });
  }
  if (opened.kind === 'unreadable') {
    const cause = opened.error;
    throw new BlobcheckError('unreadable', `cannot be opened: ${systemErrorText(cause)}`, { path, cause });
  }
  try {
    return await hashOpenFile(opened.handle, path, { ...rest, source: opened.readFrom });
  } finally {
    await opened.handle.close();
  }
}

async function statOf(handle: Readable, path: string): Promise<BigIntStats> {
  try {
    return await handle.stat({ bigint: true });
  } catch (cause) {
    throw new BlobcheckError('unreadable', `cannot be looked at: ${systemErrorText(cause)}`, { path, cause });
  }
}

/** A file of /proc has no size and has content: its digest would be that of nothing. */
async function expectNothing(handle: Readable, path: string): Promise<void> {
  const { bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, 0);
  if (bytesRead > 0) throw new BlobcheckError('unreadable', 'it says that it has no bytes, and has some', { path });
}

/** A file's size as a number of bytes. Past 2^53 no offset is exact, and no disk holds that much. */
function sizeOf(size: bigint, path: string): number {
  if (size <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(size);
  throw new BlobcheckError('unreadable', `its size of ${size} bytes is more than can be read`, { path });
}
