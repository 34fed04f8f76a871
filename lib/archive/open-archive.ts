import { createReadStream, fstatSync } from 'node:fs';
import { BlobcheckError, systemErrorText } from '../errors.js';
import { whatChanged } from '../file/changed.js';
import { type Opened, openRegular } from '../file/open-regular.js';
import { readAtOf } from '../file/read-at.js';
import type { ByteSource } from './byte-source.js';
import { chunkSource } from './chunk-source.js';
import { descriptorChunks } from './descriptor-chunks.js';
import { fileChunks, fileSource, type Watch } from './file-source.js';
import { isGzip } from './gzip-header.js';
import { inflated } from './inflate.js';
import type { ArchiveLimits } from './limits.js';
import { leaveStream, type StreamOptions, streamChunks } from './stream-chunks.js';

export interface OpenOptions {
  readonly limits: ArchiveLimits;
  readonly signal: AbortSignal | undefined;
  /** Called before every read. */
  readonly watch: Watch;
}

/** An archive of which nothing was read yet. */
export interface OpenArchive {
  /** The tar, unpacked where it is compressed. To be asked for once. */
  begin(): Promise<{ readonly compressed: boolean; readonly tar: ByteSource }>;
  /** When all was read: `BlobcheckError` `changed` where it was not one and the same archive all the time. */
  expectUnchanged(): Promise<void>;
  /** In any case. */
  close(): Promise<void>;
}

/** Opens a regular file; `BlobcheckError` `unreadable` for anything else. */
export async function openArchiveFile(path: string, { limits, watch }: OpenOptions): Promise<OpenArchive> {
  const { handle, stats } = regularFile(path, await openRegular(path));
  const read = readAtOf(handle, path);
  const chunks = fileChunks(read, watch);
  const unpacked = inflated(chunkSource(chunks), limits);
  return {
    begin: async () => {
      watch(0);
      const compressed = isGzip(await read(0, 2));
      const tar = compressed ? chunkSource(unpacked) : fileSource(read, Number(stats.size), watch);
      return { compressed, tar };
    },
    expectUnchanged: async () => {
      const changed = await whatChanged(path, stats, await handle.stat({ bigint: true }));
      if (changed !== null) throw new BlobcheckError('changed', 'it changed while it was being read', { path });
    },
    close: async () => {
      await unpacked.return();
      // Behind a read that is on its way: the descriptor must not be another file's before it has come back.
      await chunks.return();
      await handle.close();
    },
  };
}

/** Takes over somebody's stream, or an open descriptor; `name` is what errors call it. */
export function openArchiveStream(
  source: AsyncIterable<Uint8Array> | number,
  name: string,
  { limits, signal, watch }: OpenOptions,
): OpenArchive {
  const { chunks, leave } = chunksOf(source, { name, signal, watch });
  const bytes = chunkSource(chunks);
  const unpacked = inflated(bytes, limits);
  return {
    begin: async () => {
      const compressed = isGzip(await bytes.peek(2));
      return { compressed, tar: compressed ? chunkSource(unpacked) : bytes };
    },
    expectUnchanged: async () => {},
    close: async () => {
      await unpacked.return();
      leave();
    },
  };
}

function chunksOf(source: AsyncIterable<Uint8Array> | number, options: StreamOptions) {
  if (typeof source === 'number' && isPipe(source, options.name)) {
    const chunks = descriptorChunks(source, options);
    return { chunks, leave: chunks.leave };
  }
  const stream = typeof source === 'number' ? createReadStream('', { fd: source }) : source;
  const chunks = streamChunks(stream, options);
  return { chunks, leave: () => leaveStream(stream, chunks) };
}

/** Whether it is a pipe or a socket, and no file that standard input was led to. */
function isPipe(fd: number, path: string): boolean {
  try {
    const stats = fstatSync(fd);
    return stats.isFIFO() || stats.isSocket();
  } catch (cause) {
    throw new BlobcheckError('unreadable', `cannot be looked at: ${systemErrorText(cause)}`, { path, cause });
  }
}

function regularFile(path: string, opened: Opened): Extract<Opened, { kind: 'regular' }> {
  if (opened.kind === 'regular') return opened;
  if (opened.kind === 'missing') {
    throw new BlobcheckError('unreadable', 'there is no such file', { path, hint: 'Check the path of the archive.' });
  }
  if (opened.kind === 'not-regular') {
    throw new BlobcheckError('unreadable', `not a regular file but a ${opened.what}`, { path });
  }
  const cause = opened.error;
  throw new BlobcheckError('unreadable', `cannot be opened: ${systemErrorText(cause)}`, { path, cause });
}
