import { createHash, randomBytes } from 'node:crypto';
import { constants, rmSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, readFile, realpath, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BlobcheckError, systemErrorCode } from '../errors.js';
import { takeLock } from '../trust/lock.js';
import { makeOwnDirectory } from '../trust/own-directory.js';

/** Beside cocoon's own directories; neither its commands nor its garbage collection look into it (tried with 0.3.8). */
const PARENT = '.blobcheck';
const OURS = /^pull-[0-9a-f]{64}-[0-9a-f]{16}$/;

/** A cocoon root of our own for one blob, on the file system that its place is on. */
export interface Scratch {
  /** Empty and private; fresh each time, so that a cocoon that outlived its dead owner works on in a directory that is gone. */
  readonly root: string;
  /** Removes all of it and lets the next one in. */
  remove(): Promise<void>;
}

export interface ScratchSpec {
  /** cocoon's root. */
  readonly store: string;
  /** The directory of its blobs, which is there. */
  readonly blobs: string;
  /** Hex digest in the name of the one that is needed. */
  readonly blob: string;
  /**
   * Where it is to come from. Whoever wants it from the same place waits; a server that never ends must not keep those
   * waiting who know a better one.
   */
  readonly sources: readonly string[];
}

/**
 * Opens a scratch directory, and waits for whoever has it. Its lock is the only intent there is: the kernel releases it
 * when its owner dies, and what a dead owner left is removed. Throws system errors, `unreadable` for a directory that is
 * not ours, and `aborted`.
 */
export async function openScratch(spec: ScratchSpec, signal: AbortSignal | undefined): Promise<Scratch> {
  const { store, blobs, blob, sources } = spec;
  const parent = join(await placeOnSameMount(store, blobs), PARENT);
  const from = createHash('sha256').update(sources.join('\n')).digest('hex').slice(0, 16);
  const path = join(parent, `pull-${blob}-${from}`);
  for (;;) {
    const owned = await own(parent, path, {}, signal);
    if (owned === null) continue;
    // An interrupted process ends before anything else of it runs.
    const vanish = () => rmSync(path, { recursive: true, force: true });
    try {
      await removeDead(parent, path);
      await emptyDirectory(path);
      const root = join(path, `root-${randomBytes(8).toString('hex')}`);
      await mkdir(root, { mode: 0o700 });
      signal?.addEventListener('abort', vanish, { once: true });
      return {
        root,
        remove: async () => {
          signal?.removeEventListener('abort', vanish);
          await release(parent, path, owned);
        },
      };
    } catch (error) {
      await owned.close();
      throw error;
    }
  }
}

/** Removes what owners left behind that are dead. Never throws for what is on the disk: it is only tidy. */
export async function removeDeadScratch(store: string, blobs: string): Promise<void> {
  for (const place of await placesFor(store, blobs).catch(() => [])) {
    const parent = join(place, PARENT);
    await removeDead(parent, null)
      .then(() => rmdir(parent))
      .catch(() => {});
  }
}

/** From the best place to the last resort. */
async function placesFor(store: string, blobs: string): Promise<readonly string[]> {
  const target = await realpath(blobs);
  return [...new Set([await realpath(store), dirname(target), target])];
}

/** A rename crosses no mount, be it one of the same file system: `cloudimg/blobs` may be a link or a mount of its own. */
async function placeOnSameMount(store: string, blobs: string): Promise<string> {
  const places = await placesFor(store, blobs);
  const [target = blobs] = places.slice(-1);
  const mount = await mountOf(target);
  for (const place of places) if ((await mountOf(place)) === mount) return place;
  return target;
}

/** proc(5): the id of the mount that an open directory is in. */
async function mountOf(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const info = await readFile(`/proc/self/fdinfo/${handle.fd}`, 'utf8');
    return /^mnt_id:\s*(\d+)/m.exec(info)?.[1] ?? '';
  } finally {
    await handle.close();
  }
}

/** The directory's handle with its lock; null where its owner removed it meanwhile, or a wait was not granted. */
async function own(
  parent: string,
  path: string,
  wait: { readonly waitMs?: number },
  signal: AbortSignal | undefined,
): Promise<FileHandle | null> {
  for (const directory of [parent, path]) {
    try {
      const problem = await makeOwnDirectory(directory);
      if (problem !== null) throw new BlobcheckError('unreadable', problem, { path: directory });
    } catch (error) {
      // Whoever ended removed the parent while we were in it.
      if (systemErrorCode(error) === 'ENOENT' && directory === path) return null;
      throw error;
    }
  }
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
  const refused = await takeLock(handle, { ...wait, signal });
  if (refused === null && (await isStillThere(path, handle))) return handle;
  await handle.close();
  if (signal?.aborted) throw new BlobcheckError('aborted', 'interrupted', { path });
  if (refused !== null && wait.waitMs === undefined) {
    throw new BlobcheckError('unreadable', `cannot be locked: ${refused}`, { path });
  }
  return null;
}

async function isStillThere(path: string, handle: FileHandle): Promise<boolean> {
  try {
    const [named, opened] = [await lstat(path, { bigint: true }), await handle.stat({ bigint: true })];
    return named.ino === opened.ino && named.dev === opened.dev;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function removeDead(parent: string, except: string | null): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    if (!OURS.test(name) || path === except) continue;
    const owned = await own(parent, path, { waitMs: 0 }, undefined);
    if (owned !== null) await release(parent, path, owned);
  }
}

async function emptyDirectory(path: string): Promise<void> {
  for (const name of await readdir(path)) await rm(join(path, name), { recursive: true, force: true });
}

/** What a failing disk does not let us remove is the next one's to remove: what was brought is there all the same. */
async function release(parent: string, path: string, handle: FileHandle): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => {});
  // Others may be in it.
  await rmdir(parent).catch(() => {});
  await handle.close();
}
