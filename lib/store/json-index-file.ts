import { lstatSync, realpathSync } from 'node:fs';
import { BlobcheckError, systemErrorCode, systemErrorText } from '../errors.js';
import { type FileIdentity, identityOf, sameIdentity } from '../file/identity.js';
import { isRacy, provingFileSystemAt } from '../file/identity-proof.js';
import { readWhole } from '../file/read-whole.js';
import { type DecodedIndex, decodeIndex, type IndexTables } from './json-index.js';

/** V8's longest string is a little less than 512 MiB. 10,000 snapshots take 6 MiB. */
const INDEX_LIMIT = 256 * 1024 * 1024;

/** The file of an index, as it was found. */
export interface IndexFile {
  /** When it had been opened. */
  readonly identity: FileIdentity;
  readonly decoded: DecodedIndex;
}

interface Remembered {
  readonly identity: FileIdentity;
  /** Stands in nobody's way who needs the memory. */
  readonly tables: WeakRef<IndexTables>;
}

/** What this process has decoded, by the path of the file itself, no link on its way. */
const remembered = new Map<string, Remembered>();

/**
 * The file of an index, or null where there is none. Symbolic links are followed, as cocoon follows them. A file that this
 * process has decoded already is not read again while it is the same one: a hook looks into a store several times, and an
 * index of megabytes would be most of its work. Throws `BlobcheckError` `metadata-unreadable`.
 */
export async function readIndexFile(path: string): Promise<IndexFile | null> {
  const unreadable = (reason: string, cause?: unknown) =>
    new BlobcheckError('metadata-unreadable', `the index cannot be read: ${reason}`, { path, cause });
  let target: string;
  try {
    target = realpathSync.native(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw unreadable(systemErrorText(error), error);
  }
  const known = recall(target);
  if (known !== null) return known;
  const startedNs = BigInt(Date.now()) * 1_000_000n;
  const read = readWhole(target, INDEX_LIMIT);
  if (read.kind === 'missing') return null;
  if (read.kind === 'not-regular') throw unreadable(`a ${read.what} stands there`);
  if (read.kind === 'too-large') throw unreadable(`it has ${read.bytes} bytes, more than ${read.limit}`);
  if (read.kind === 'unreadable') throw unreadable(systemErrorText(read.error), read.error);
  const file = { identity: identityOf(read.stats), decoded: decodeIndex(read.bytes) };
  await remember(target, file, startedNs);
  return file;
}

/** Whether a name still leads to that file, or, if null, to none. */
export function isStillIndexFile(path: string, identity: FileIdentity | null): boolean {
  try {
    const now = lstatSync(realpathSync.native(path), { bigint: true });
    return identity !== null && sameIdentity(identityOf(now), identity);
  } catch (error) {
    return identity === null && systemErrorCode(error) === 'ENOENT';
  }
}

function recall(target: string): IndexFile | null {
  const known = remembered.get(target);
  const tables = known?.tables.deref();
  if (known === undefined || tables === undefined || !isStillIndexFile(target, known.identity)) return null;
  return { identity: known.identity, decoded: { kind: 'ok', tables } };
}

/**
 * Only where equal identity proves equal content: the file system is such a one, and the file was at rest before it was
 * opened (`startedNs`, nanoseconds since 1970). cocoon never writes into an index: it renames another file over it.
 */
async function remember(target: string, { identity, decoded }: IndexFile, startedNs: bigint): Promise<void> {
  remembered.delete(target);
  if (decoded.kind !== 'ok' || isRacy(identity, startedNs)) return;
  if ((await provingFileSystemAt(target).catch(() => null)) === null) return;
  remembered.set(target, { identity, tables: new WeakRef(decoded.tables) });
}
