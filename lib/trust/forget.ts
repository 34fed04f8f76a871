import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode, systemErrorText } from '../errors.js';
import { readWhole } from '../file/read-whole.js';
import { judgeDirectory, syncDirectory } from './own-directory.js';
import { openState } from './state-directory.js';

/** What may be lost: it costs a hash. `seals` are decisions and stay. */
const replaceable = ['receipts', 'stamps', 'locks'] as const;

/** Bytes. A stamp has a line for each file of a snapshot; what is larger is none. */
const STAMP_BYTES = 1024 * 1024;

export interface Forgotten {
  /** What is gone now, and was there. */
  readonly removed: readonly string[];
  readonly problems: readonly string[];
  /** What else lies in the directory, beside the seals. */
  readonly left: readonly string[];
  /** Whether there are seals. */
  readonly seals: boolean;
}

/** Removes everything that may be lost from a state directory. Never throws for what is on the disk. */
export async function forgetReplaceable(stateDir: string): Promise<Forgotten> {
  const { path, problems } = await openState(stateDir, '/');
  // Whoever else can write there could lead a removal anywhere.
  if (problems.length > 0) return { removed: [], problems, left: [], seals: false };
  const removal = await removeAll(replaceable.map((section) => join(path, section)));
  const ours: readonly string[] = ['seals', ...replaceable];
  const names: readonly string[] = await readdir(path).catch(() => []);
  const left = names.filter((name) => !ours.includes(name)).map((name) => join(path, name));
  return { ...removal, left, seals: names.includes('seals') };
}

/** What is in the state directory that `forgetReplaceable` would remove, and why it would not. */
export async function replaceableIn(
  stateDir: string,
): Promise<{ readonly there: readonly string[]; readonly problems: readonly string[] }> {
  const { path, problems } = await openState(stateDir, '/');
  if (problems.length > 0) return { there: [], problems };
  const found = await ofThoseThere(
    replaceable.map((section) => join(path, section)),
    async () => {},
  );
  return { there: found.done, problems: found.problems };
}

/** The folders of what is remembered of one store. */
export async function foldersOfStore(stateDir: string, root: string): Promise<readonly string[]> {
  const { path, key } = await openState(stateDir, root);
  return ['seals', 'receipts'].map((section) => join(path, section, key));
}

/**
 * Removes all that is remembered of one store, its seals too: for a root that was thrown away. Never throws for what is
 * on the disk.
 */
export async function forgetStore(stateDir: string, root: string): Promise<readonly string[]> {
  const { path, key, store, problems } = await openState(stateDir, root);
  if (problems.length > 0) return problems;
  const paths = [...(await foldersOfStore(stateDir, root))];
  const locks = join(path, 'locks');
  for (const name of await namesIn(locks)) if (name.startsWith(key)) paths.push(join(locks, name));
  // What the scripts make has the store's path in its first line, because they cannot compute the key.
  for (const folder of [locks, join(path, 'stamps')]) {
    for (const name of await namesIn(folder)) {
      if (headOf(join(folder, name)).includes(store)) paths.push(join(folder, name));
    }
  }
  return (await removeAll(paths)).problems;
}

async function removeAll(paths: readonly string[]): Promise<Pick<Forgotten, 'removed' | 'problems'>> {
  const { done, problems } = await ofThoseThere(paths, async (path) => {
    // A link is removed, not followed.
    await rm(path, { recursive: true });
    await syncDirectory(join(path, '..'));
  });
  return { removed: done, problems };
}

async function ofThoseThere(paths: readonly string[], remove: (path: string) => Promise<void>) {
  const done: string[] = [];
  const problems: string[] = [];
  for (const path of paths) {
    try {
      if (!(await isThere(path))) continue;
      await remove(path);
      done.push(path);
    } catch (error) {
      problems.push(`${path} cannot be removed: ${systemErrorText(error)}`);
    }
  }
  return { done, problems };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return (await judgeDirectory(directory)).kind === 'usable' ? await readdir(directory).catch(() => []) : [];
}

/** The first line of a stamp; empty for what is none. */
function headOf(path: string): string {
  const read = readWhole(path, STAMP_BYTES);
  const [head = ''] = read.kind === 'ok' ? read.bytes.toString('utf8').split('\n', 1) : [];
  return head;
}
