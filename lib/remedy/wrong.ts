import { systemErrorCode } from '../errors.js';
import { type FileIdentity, identityAt, sameIdentity } from '../file/identity.js';
import { judgeBlob } from '../verify/blob.js';
import type { BlobRequest } from '../verify/blob-content.js';
import type { Run } from '../verify/run.js';
import { reasonToBring } from './needed.js';

/** What was found wrong for certain: that very file, or no file at all. */
export interface Wrong {
  readonly identity: FileIdentity | null;
}

/** Null where what stands there is not wrong for certain (any more): nothing else is ever overwritten. */
export async function whatIsWrong({ blobOptions }: Run, base: BlobRequest): Promise<Wrong | null> {
  const before = await identityOrNull(base.path);
  // A read of just now counts: this one would not say more.
  const quick = await judgeBlob(base, { ...blobOptions, content: 'remembered' });
  const isKnown = reasonToBring(quick.findings) !== null;
  const judged = isKnown ? quick : await judgeBlob(base, { ...blobOptions, content: 'receipt' });
  const isSame = isSameFile(before, await identityOrNull(base.path));
  return isSame && reasonToBring(judged.findings) !== null ? { identity: before } : null;
}

/** Looked at again under cocoon's lock; only what has changed since is judged again. */
export async function isStillWrong(run: Run, base: BlobRequest, wrong: Wrong): Promise<boolean> {
  if (isSameFile(wrong.identity, await identityOrNull(base.path))) return true;
  return (await whatIsWrong(run, base)) !== null;
}

function isSameFile(one: FileIdentity | null, other: FileIdentity | null): boolean {
  return one === null || other === null ? one === other : sameIdentity(one, other);
}

/** Null where the name leads to nothing. Throws system errors. */
async function identityOrNull(path: string): Promise<FileIdentity | null> {
  try {
    return await identityAt(path);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
