import { dirname } from 'node:path';
import { systemErrorText } from '../errors.js';
import { openRegular } from '../file/open-regular.js';
import { whyNotOurs } from '../file/ownership.js';
import { readAtOf } from '../file/read-at.js';
import { judgeDirectory } from '../trust/own-directory.js';
import { isMarked } from './mark.js';

/** Bytes. The hook reads no settings of more. */
const MAX_BYTES = 64 * 1024;

/** What stands where an installation writes. */
export type ExistingFile =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ours'; readonly text: string }
  /** Not to be touched; `reason` for a person. */
  | { readonly kind: 'foreign'; readonly reason: string };

/** Looks at one place. Follows no link, and never throws for what is on the disk. */
export async function existingFile(path: string): Promise<ExistingFile> {
  const directory = await judgeDirectory(dirname(path));
  if (directory.kind === 'unusable') return { kind: 'foreign', reason: directory.problem };
  const opened = await openRegular(path);
  if (opened.kind === 'missing') return { kind: 'absent' };
  if (opened.kind === 'unreadable') return { kind: 'foreign', reason: systemErrorText(opened.error) };
  if (opened.kind === 'not-regular') return { kind: 'foreign', reason: `not a regular file but a ${opened.what}` };
  try {
    // What somebody else could have written says nothing, whatever its first line is.
    const notOurs = whyNotOurs(opened.stats);
    if (notOurs !== null) return { kind: 'foreign', reason: notOurs };
    if (opened.stats.size > BigInt(MAX_BYTES))
      return { kind: 'foreign', reason: `it has more than ${MAX_BYTES} bytes` };
    const text = (await readAtOf(opened.handle, path)(0, Number(opened.stats.size))).toString('utf8');
    return isMarked(text)
      ? { kind: 'ours', text }
      : { kind: 'foreign', reason: 'its first line does not say that `blobcheck install` wrote it' };
  } catch (error) {
    return { kind: 'foreign', reason: systemErrorText(error) };
  } finally {
    await opened.handle.close();
  }
}
