import { type BigIntStats, lstatSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { namesIn } from '../file/names-in.js';
import { kindOf, type NotRegular } from '../file/open-regular.js';
import { walkPath } from '../file/walk-path.js';
import { snapshotParent } from './layout.js';

/** A snapshot has some ten files; one more for each data disk. */
const ENTRY_LIMIT = 10_000;

export interface DirectoryEntry {
  /** Bytes that are no UTF-8 are replaced: such a name is none of cocoon's. */
  readonly name: string;
  readonly kind: 'regular' | NotRegular;
  /** Bytes; of a regular file only that means something. */
  readonly size: bigint;
}

/** What stands where a record says that the snapshot's files are (rule 3). */
export type SnapshotDirectory =
  | {
      readonly kind: 'directory';
      /** The directory itself, every symbolic link on the way resolved. */
      readonly path: string;
      /** Whether the one is directly under the other, where it must be. */
      readonly inStore: boolean;
      readonly entries: readonly DirectoryEntry[];
      /** There are more entries than anybody would look at; the rest was not read. */
      readonly truncated: boolean;
      /**
       * Differs when the directory was moved or another put in its place, or when a file in it was changed, replaced, added
       * or removed: names, inodes, sizes and times. Of guest memory without the ctime, which every clone changes by its hard
       * link (cocoon-store.md, trap 10).
       */
      readonly stamp: string;
    }
  | { readonly kind: 'missing' }
  /** The record names no absolute path: cocoon would look from where it was started. */
  | { readonly kind: 'not-absolute' }
  | { readonly kind: 'not-directory'; readonly path: string; readonly what: 'regular' | NotRegular }
  | { readonly kind: 'unreadable'; readonly error: unknown };

/** Where a snapshot must be: directly in this root's store, or anywhere outside. */
export interface SnapshotPlace {
  readonly root: string;
  readonly outside?: boolean;
}

/** Reads a snapshot's data directory; no file in it is opened. Never throws for what stands on the disk. */
export async function readSnapshotDirectory(
  dataDir: string,
  { root, outside = false }: SnapshotPlace,
): Promise<SnapshotDirectory> {
  if (!isAbsolute(dataDir)) return { kind: 'not-absolute' };
  try {
    const path = resolved(dataDir);
    if (path === null) return { kind: 'missing' };
    const stats = lstatSync(path, { bigint: true });
    if (!stats.isDirectory()) {
      return { kind: 'not-directory', path, what: stats.isFile() ? 'regular' : kindOf(stats) };
    }
    const inStore = outside || (dirname(path) === resolved(snapshotParent(root)) && leadsEverybody(dataDir, path));
    const listed = listEntries(path, Number(stats.size));
    return { kind: 'directory', path, inStore, ...listed, stamp: `${stats.ino}/${stats.ctimeNs}\n${listed.stamp}` };
  } catch (error) {
    return isMissing(error) ? { kind: 'missing' } : { kind: 'unreadable', error };
  }
}

/** Whether nothing that was looked at of the one is another in the other. */
export function isSameListing(one: SnapshotDirectory, other: SnapshotDirectory): boolean {
  if (one.kind !== 'directory' || other.kind !== 'directory') return one.kind === other.kind;
  return one.path === other.path && one.stamp === other.stamp;
}

/**
 * Whether every program that is given the path gets to where the kernel gets: cocoon cleans it with each name that it adds,
 * and a link of /proc leads each process elsewhere.
 */
function leadsEverybody(dataDir: string, path: string): boolean {
  if (dataDir === path) return true;
  const { ambiguous, end } = walkPath(dataDir);
  return ambiguous === null && end.kind === 'directory' && end.path === path;
}

function listEntries(directory: string, bytes: number) {
  const names = namesIn(directory, bytes, ENTRY_LIMIT);
  const looked = names
    .slice(0, ENTRY_LIMIT)
    .map((name) => look(directory, name))
    .filter((found) => found !== null);
  looked.sort((a, b) => (a.entry.name < b.entry.name ? -1 : a.entry.name > b.entry.name ? 1 : 0));
  return {
    entries: looked.map(({ entry }) => entry),
    truncated: names.length > ENTRY_LIMIT,
    stamp: looked.map(({ stamp }) => stamp).join('\n'),
  };
}

interface Looked {
  readonly entry: DirectoryEntry;
  readonly stamp: string;
}

function look(directory: string, name: Buffer): Looked | null {
  const path = Buffer.concat([Buffer.from(`${directory}/`), name]);
  try {
    const stats = lstatSync(path, { bigint: true });
    const entry: DirectoryEntry = {
      name: name.toString(),
      kind: stats.isFile() ? 'regular' : kindOf(stats),
      size: stats.size,
    };
    return { entry, stamp: stampOf(entry.name, stats) };
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** A clone may link it, which is nothing that happens to its content. */
const isMemory = (name: string): boolean => name.startsWith('memory-range') || name === 'mem';

function stampOf(name: string, { ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [name, ino, size, mtimeNs, isMemory(name) ? '' : ctimeNs].join('/');
}

function resolved(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
