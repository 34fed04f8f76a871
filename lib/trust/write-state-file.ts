import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, lstat, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import { kindOf } from '../file/open-regular.js';
import { makeOwnDirectory, syncDirectory } from './own-directory.js';
import { folderProblem } from './read-state-file.js';
import { removeOlder } from './remove-old.js';
import { folderOf, type Section, type StateDirectory, writeProblem } from './state-directory.js';

/** `problem` is null where there is nothing to warn of (no state directory, no right to write there). */
export type NotWritten = { readonly kind: 'not-written'; readonly problem: string | null };
export type Written = { readonly kind: 'written' } | NotWritten;

/** Milliseconds after which a temporary file is nobody's: writing one takes less than a second. */
const STALE_AFTER_MS = 10 * 60 * 1000;
const TEMPORARY = /^\.new-[0-9a-f]{16}$/;

/** Where a file of the state directory goes, and what is in it. */
type Contents = readonly [state: StateDirectory, section: Section, name: string, text: string];

/**
 * Writes one file of the state directory, so that a kill or a power cut at any instruction leaves the old file or the
 * new one: all bytes into a temporary file, fsync, rename, fsync of the folder. Never throws for what is on the disk.
 *
 * Not by write-file-atomic 7.0.1: on a nearly full disk its single write(2) is cut short, and it renames the torso into
 * place and reports success.
 */
export async function writeStateFile(...contents: Contents): Promise<Written> {
  return await publish(contents, async (temporary, target) => {
    await rename(temporary, target);
    return { kind: 'written' };
  });
}

/** The same for a name that is not taken yet, by link instead of rename: of several writers at once one wins. */
export async function createStateFile(...contents: Contents): Promise<Written | { readonly kind: 'exists' }> {
  return await publish(contents, async (temporary, target) => {
    try {
      await link(temporary, target);
      return { kind: 'written' };
    } catch (error) {
      if (systemErrorCode(error) === 'EEXIST') return { kind: 'exists' };
      throw error;
    }
  });
}

async function publish<T>(
  [state, section, name, text]: Contents,
  giveName: (temporary: string, target: string) => Promise<T>,
): Promise<T | NotWritten> {
  // The problem of the directory itself is told once, by `openState`.
  if (state.path === null || state.problems.length > 0) return { kind: 'not-written', problem: null };
  const folder = folderOf(state.path, state, section);
  const target = join(folder, name);
  try {
    const problem = await prepare(state.path, state, section, target);
    if (problem !== null) return { kind: 'not-written', problem };
    const done = await throughTemporary(join(state.path, section), text, (temporary) => giveName(temporary, target));
    await syncDirectory(folder);
    return done;
  } catch (error) {
    return { kind: 'not-written', problem: writeProblem(`${target} cannot be written`, error) };
  }
}

export interface Removed {
  /** Whether the name is free now. */
  readonly gone: boolean;
  /** Null also where it stays and there is nothing to warn of (no right to write there). */
  readonly problem: string | null;
}

/**
 * Removes one file of the state directory for good (a power cut does not bring it back); a link in its place is removed,
 * not followed. Never throws for what is on the disk.
 */
export async function removeStateFile(state: StateDirectory, section: Section, name: string): Promise<Removed> {
  if (state.path === null) return { gone: true, problem: null };
  const problem = state.problems[0] ?? (await folderProblem(state.path, state, section));
  if (problem !== null) return { gone: false, problem };
  const folder = folderOf(state.path, state, section);
  try {
    await unlink(join(folder, name));
    await syncDirectory(folder);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { gone: true, problem: null };
    return { gone: false, problem: writeProblem(`${join(folder, name)} cannot be removed`, error) };
  }
  return { gone: true, problem: null };
}

async function prepare(path: string, state: StateDirectory, section: Section, target: string): Promise<string | null> {
  for (const directory of [path, join(path, section), folderOf(path, state, section)]) {
    const problem = await makeOwnDirectory(directory);
    if (problem !== null) return problem;
  }
  try {
    const stats = await lstat(target, { bigint: true });
    return stats.isFile() ? null : `${target}: a ${kindOf(stats)} is in its place, and stays`;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Writes a temporary file in `directory`, lets `giveName` give it its name, and leaves none behind. */
async function throughTemporary<T>(
  directory: string,
  text: string,
  giveName: (temporary: string) => Promise<T>,
): Promise<T> {
  // Random, not the process id: two containers that share the directory have the same ones.
  const temporary = join(directory, `.new-${randomBytes(8).toString('hex')}`);
  const handle = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    try {
      await handle.writeFile(text);
      // Whatever the umask: those who cannot write may read.
      await handle.chmod(0o644);
      await handle.sync();
      await removeStale(directory, handle);
    } finally {
      await handle.close();
    }
    return await giveName(temporary);
  } finally {
    // After a rename there is none; after a link it is the second name.
    await unlink(temporary).catch(() => {});
  }
}

/** Removes what a killed writer left. Its age is measured on the file system's own clock, that of `fresh`. */
async function removeStale(directory: string, fresh: FileHandle): Promise<void> {
  const now = (await fresh.stat()).mtimeMs;
  for (const name of await readdir(directory)) {
    if (TEMPORARY.test(name)) await removeOlder(join(directory, name), now - STALE_AFTER_MS);
  }
}
