import { type BigIntStats, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorCode, systemErrorText } from '../errors.js';
import { namesIn } from './names-in.js';
import { kindOf } from './open-regular.js';
import { whyNotOurOwn, whyWritable } from './ownership.js';
import { type PathEnd, type WalkedPath, walkPath } from './walk-path.js';

/** A snapshot has some ten files; one more for each data disk. */
const ENTRY_LIMIT = 10_000;

const STICKY = 0o1000n;

/** Something on the way to a directory, or in it, that is not only root's and ours; or why that cannot be told. */
export interface NotPrivate {
  /** Absolute, where the directory's is; of an entry whose name is no UTF-8, with those bytes replaced. */
  readonly path: string;
  readonly kind: /** Somebody else's, who may do with it as he likes. */
    | 'owner'
    /** Its mode, or an ACL, lets somebody else write. */
    | 'writable'
    /** An entry that leads to what is not judged here. */
    | 'link'
    /** `..` behind a symbolic link: two programs may come to two places. */
    | 'ambiguous'
    | 'not-absolute'
    | 'not-directory'
    | 'missing'
    | 'too-many-links'
    | 'too-many-entries'
    /** The system refuses to tell. */
    | 'unreadable';
  /** For a person, to be read after the path. */
  readonly reason: string;
}

/**
 * Why somebody else than root and we (the effective user) could change what the names in a directory lead to: rules.md,
 * `--from-dir`. Empty where nobody could. `directory` is absolute, and not cleaned of `..`: a relative name is to be put
 * behind the working directory's.
 *
 * Judged are every directory on the way, those of the symbolic links in it too, from `/` on: once a directory is known to
 * be private, nobody else changes what was found in it. Then the entries of the last one. A file that has other names, hard
 * links, has the same owner and mode under each. Not seen is who opened a file to write before it became ours.
 *
 * Nothing is opened but directories, to list them; nothing that stands on the disk makes it throw.
 */
export async function whyNotPrivate(directory: string): Promise<readonly NotPrivate[]> {
  const walked = walkPath(directory);
  const last = walked.end.kind === 'directory' ? walked.end.path : null;
  const reasons = [...judgeWay(walked, last), ...judgeEnd(directory, walked.end)];
  if (walked.ambiguous !== null) {
    const reason = 'is a symbolic link, and `..` follows it: programs differ in where that leads';
    reasons.push({ path: walked.ambiguous, kind: 'ambiguous', reason });
  }
  return walked.end.kind === 'directory' ? [...reasons, ...judgeEntries(walked.end)] : reasons;
}

/**
 * Whether nobody else than root and we could put something else in the place of what we make in a directory, which may be
 * a sticky one that all may write.
 */
export function isKeptFromOthers(directory: string): boolean {
  const walked = walkPath(directory);
  return walked.end.kind === 'directory' && walked.ambiguous === null && judgeWay(walked, null).length === 0;
}

/**
 * In a sticky directory that all may write, as /tmp, everybody may put things, but only who owns a thing, or the directory,
 * may rename or remove it: on the way to a thing of ours, but as the directory that is judged itself (`last`), it does no harm. A link there must be ours for that; a directory
 * must be so anywhere.
 */
function judgeWay({ steps }: WalkedPath, last: string | null): NotPrivate[] {
  const sticky = new Set<string>();
  const reasons: NotPrivate[] = [];
  for (const { path, stats } of steps) {
    if (stats.isSymbolicLink()) {
      if (sticky.has(dirname(path))) reasons.push(...because('owner', path, whyNotOurOwn(stats)));
    } else if (stats.isDirectory()) {
      if (isStickyForAll(stats) && path !== last) sticky.add(path);
      reasons.push(...judgeOne(path, stats, sticky.has(path)));
    }
  }
  return reasons;
}

function isStickyForAll(stats: BigIntStats): boolean {
  return (stats.mode & STICKY) !== 0n && whyWritable(stats) !== null;
}

function judgeOne(path: string, stats: BigIntStats, mayBeWritable: boolean): NotPrivate[] {
  const owner = because('owner', path, whyNotOurOwn(stats));
  return owner.length > 0 || mayBeWritable ? owner : because('writable', path, whyWritable(stats));
}

function because(kind: NotPrivate['kind'], path: string, reason: string | null): NotPrivate[] {
  return reason === null ? [] : [{ path, kind, reason }];
}

function judgeEnd(directory: string, end: PathEnd): NotPrivate[] {
  switch (end.kind) {
    case 'directory':
      return [];
    case 'not-directory': {
      const what = end.stats.isFile() ? 'file' : kindOf(end.stats);
      return because(end.kind, end.path, `is not a directory but a ${what}`);
    }
    case 'missing':
      return because(end.kind, end.path, 'is not there');
    case 'too-many-links':
      return because(end.kind, end.path, 'is one symbolic link too many');
    case 'unreadable':
      return because(end.kind, end.path, `cannot be looked at: ${systemErrorText(end.error)}`);
    case 'not-absolute':
      return because(end.kind, directory, 'is not an absolute path, or leads through /proc');
  }
}

function judgeEntries({ path, stats }: { readonly path: string; readonly stats: BigIntStats }): NotPrivate[] {
  let names: Buffer[];
  try {
    names = namesIn(path, Number(stats.size), ENTRY_LIMIT);
  } catch (error) {
    return because('unreadable', path, `cannot be listed: ${systemErrorText(error)}`);
  }
  const reasons = names.slice(0, ENTRY_LIMIT).flatMap((name) => judgeEntry(path, name));
  if (names.length <= ENTRY_LIMIT) return reasons;
  return [...reasons, ...because('too-many-entries', path, `has more than ${ENTRY_LIMIT} entries`)];
}

function judgeEntry(directory: string, name: Buffer): NotPrivate[] {
  const path = Buffer.concat([Buffer.from(`${directory}/`), name]);
  try {
    const stats = lstatSync(path, { bigint: true });
    if (!stats.isSymbolicLink()) return judgeOne(path.toString(), stats, false);
    return because('link', path.toString(), 'is a symbolic link');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    return because('unreadable', path.toString(), `cannot be looked at: ${systemErrorText(error)}`);
  }
}
