import { type BigIntStats, lstatSync } from 'node:fs';
import { BlobcheckError, systemErrorCode, systemErrorText } from '../errors.js';
import { identityOf, sameIdentity } from './identity.js';

/**
 * What happened to a file while it was read: its content or size (`content`), its name leads to another file now
 * (`replaced`), or to none (`removed`). The digest is then of no file that anybody will open.
 */
export type Changed = 'content' | 'replaced' | 'removed';

/**
 * Compares an open file before and after, and looks where its name leads now. `BlobcheckError` `unreadable` when that
 * cannot be told.
 */
export async function whatChanged(path: string, before: BigIntStats, after: BigIntStats): Promise<Changed | null> {
  // The name first: replacing or removing a file also changes its ctime.
  try {
    const named = lstatSync(path, { bigint: true });
    if (named.ino !== after.ino || named.dev !== after.dev) return 'replaced';
  } catch (cause) {
    const code = systemErrorCode(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'removed';
    throw new BlobcheckError('unreadable', `cannot be looked at again: ${systemErrorText(cause)}`, { path, cause });
  }
  return sameIdentity(identityOf(before), identityOf(after)) ? null : 'content';
}
