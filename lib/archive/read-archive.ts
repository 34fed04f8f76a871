import { interruptedError } from '../digest/interrupted.js';
import type { ArchiveEntry } from './archive-entry.js';
import { type Keep, type KeepQuestion, keepOfSnapshot } from './keep.js';
import { ARCHIVE_LIMITS, type ArchiveLimits } from './limits.js';
import { Malformed } from './malformed.js';
import { openArchiveFile, openArchiveStream } from './open-archive.js';
import { readEntries } from './read-entries.js';

/** What stands in an archive, or why it is none that cocoon writes and everybody reads alike. */
export type ArchiveRead =
  | {
      readonly kind: 'ok';
      /** By gzip. */
      readonly compressed: boolean;
      /** In the order of the archive; the first is `snapshot.json`. */
      readonly entries: readonly ArchiveEntry[];
      /** Bytes of the archive, to its end. */
      readonly bytes: number;
    }
  | {
      readonly kind: 'malformed';
      readonly reason: string;
      /** The name of the entry at which it was found; null where there is none, or it is not known. Untrusted text. */
      readonly entry: string | null;
      /** Bytes of the tar, unpacked if it is compressed, that had been read by then. */
      readonly offset: number;
    };

export interface ArchiveOptions {
  /** What is kept of a file's content; default `keepOfSnapshot`. */
  readonly keep?: (question: KeepQuestion) => Keep;
  /** Instead of single ones of `ARCHIVE_LIMITS`. */
  readonly limits?: Partial<ArchiveLimits>;
  /** What errors call a stream; default `-`. */
  readonly name?: string;
  /** Looked at before every read, and while a stream delivers nothing. */
  readonly signal?: AbortSignal;
  /** Called before every read and at the end, with bytes of the archive. */
  readonly onProgress?: (bytesDone: number) => void;
}

/**
 * Reads what `cocoon snapshot export` writes, a tar that may be compressed by gzip (snapshot/localfile/export.go and
 * utils/tar_sparse_linux.go of cocoon 0.3.8): the path of a regular file; an open descriptor, as which a pipe runs faster than
 * as a stream; or a stream. The last two are closed afterwards, but none of the three standard descriptors. Nothing is written
 * or unpacked; of a plain file the bodies that are not kept are not read either. With the default limits it takes 40 MB at
 * most besides Node's own, whatever the archive says, and of a compressed one some 60 more that wait for the garbage collector.
 *
 * `ok` means: `cocoon snapshot import` writes exactly these files, with these sizes and this content, and any other reader
 * that knows cocoon's sparse records would too. Everything that cocoon never writes is malformed.
 *
 * `BlobcheckError` `unreadable` with path and offset when the medium fails, `changed` when a file changed meanwhile,
 * `aborted` with the signal's reason.
 */
export async function readArchive(
  source: string | number | AsyncIterable<Uint8Array>,
  options: ArchiveOptions = {},
): Promise<ArchiveRead> {
  const { keep = keepOfSnapshot, signal, onProgress } = options;
  const limits = { ...ARCHIVE_LIMITS, ...options.limits };
  const name = typeof source === 'string' ? source : (options.name ?? '-');
  let bytes = 0;
  const watch = (done: number) => {
    bytes = done;
    if (signal?.aborted) throw interruptedError(name, done, signal);
    onProgress?.(done);
  };
  const opening = { limits, signal, watch };
  const archive =
    typeof source === 'string' ? await openArchiveFile(source, opening) : openArchiveStream(source, name, opening);
  let offset = () => 0;
  try {
    const { compressed, tar } = await archive.begin();
    offset = tar.position;
    const entries = await readEntries(tar, { keep, limits });
    await archive.expectUnchanged();
    return { kind: 'ok', compressed, entries, bytes };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    // What was cut short or overwritten while we read it is not the archive's fault.
    await archive.expectUnchanged();
    return { kind: 'malformed', reason: error.message, entry: error.entry, offset: offset() };
  } finally {
    await archive.close();
  }
}
