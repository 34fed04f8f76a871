import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, realpath, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BlobcheckError, systemErrorCode } from '../errors.js';
import { takeLock } from '../trust/lock.js';
import { makeOwnDirectory } from '../trust/own-directory.js';

/** Beside cocoon's own directories; neither its commands nor its garbage collection look into it (tried with 0.3.8). */
const PARENT = '.blobcheck';
const OURS = /^pull-[0-9a-f]{64}$/;

/** A cocoon root of our own for one blob, on the file system that its place is on. */
export interface Scratch {
  /** Empty and private; fresh each time, so that a cocoon that outlived its dead owner works on in a directory that is gone. */
  readonly root: string;
  /** Removes all of it and lets the next one in. */
  remove(): Promise<void>;
}

/**
 * Opens the scratch directory of a blob, and waits for whoever has it. Its lock is the only intent there is: the kernel
 * releases it when its owner dies, and what a dead owner left is removed. Throws system errors, `unreadable` for a
 * directory that is not ours, and `aborted`.
 */
export async function openScratch(
  store: string,
  blobs: string,
  blob: string,
  signal: AbortSignal | undefined,
): Promise<Scratch> {
  const parent = join(await placeOnSameFileSystem(store, blobs), PARENT);
  const path = join(parent, `pull-${blob}`);
  for (;;) {
    const owned = await own(parent, path, {}, signal);
    if (owned === null) continue;
    try {
      await removeWhatIsDead(parent, path);
      await emptyDirectory(path);
      const root = join(path, `root-${randomBytes(8).toString('hex')}`);
      await mkdir(root, { mode: 0o700 });
      return { root, remove: () => release(parent, path, owned) };
    } catch (error) {
      await owned.close();
      throw error;
    }
  }
}

/** A rename must not cross file systems: `cloudimg/blobs` may be a link or a mount of its own. */
async function placeOnSameFileSystem(store: string, blobs: string): Promise<string> {
  const target = await realpath(blobs);
  const { dev } = await lstat(target);
  for (const candidate of [await realpath(store), dirname(target)]) {
    if ((await lstat(candidate)).dev === dev) return candidate;
  }
  return target;
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

async function removeWhatIsDead(parent: string, except: string): Promise<void> {
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

async function release(parent: string, path: string, handle: FileHandle): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
    // Others may be in it.
    await rmdir(parent).catch(() => {});
  } finally {
    await handle.close();
  }
}
