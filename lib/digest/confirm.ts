import { BlobcheckError, systemErrorText } from '../errors.js';
import { type FileIdentity, sameIdentity } from '../file/identity.js';
import { dropPageCache, openDirect } from './direct.js';
import { type EngineName, otherEngine } from './engine.js';
import { type HashedFile, type HashOptions, hashOpenFile } from './hash-file.js';

export interface ConfirmOptions extends Omit<HashOptions, 'engine'> {
  /** The identity of the file whose digest is in doubt (`HashedFile.after`). */
  readonly judged: FileIdentity;
  /** The engine that made that digest; the confirming read uses the other one. Default `native`. */
  readonly engine?: EngineName;
}

/**
 * Second opinion on a mismatch: drops the file's cached pages and hashes it again from the medium, with the other
 * engine (trust.md, Content, 5). `readFrom` says whether the file system let us; over tmpfs it is `cache`. If the name
 * leads to another file than the judged one, or to none, or the file was touched since, that is `changed` in the
 * result, null for the file that is gone. `BlobcheckError` as `hashOpenFile`, and `unreadable` for what cannot be
 * opened.
 */
export async function confirmFromMedium(path: string, options: ConfirmOptions): Promise<HashedFile | null> {
  const opened = await openDirect(path);
  if (opened.kind === 'missing' || opened.kind === 'not-regular') return null;
  if (opened.kind === 'unreadable') {
    const cause = opened.error;
    throw new BlobcheckError('unreadable', `cannot be opened again: ${systemErrorText(cause)}`, { path, cause });
  }
  const { judged, engine = 'native', ...rest } = options;
  try {
    await dropPageCache(opened.handle);
    const hashed = await hashOpenFile(opened.handle, path, {
      ...rest,
      engine: otherEngine(engine),
      source: opened.readFrom,
    });
    if (hashed.changed !== null || sameIdentity(hashed.before, judged)) return hashed;
    return { ...hashed, changed: hashed.before.inode === judged.inode ? 'content' : 'replaced' };
  } finally {
    await opened.handle.close();
  }
}
