import { program } from '../support/blobcheck.js';
import type { Call, ThreadCalls } from './calls.js';
import type { Fault } from './traced.js';

/**
 * What the kernel may answer to each call that is not what was hoped for. Not to close(2): where it fails, Node itself ends by
 * an assertion (seen with 20), and no file was written that was not flushed before.
 */
const errors: Readonly<Record<string, readonly string[]>> = {
  read: ['EIO', 'EINTR'],
  pread64: ['EIO', 'EINTR'],
  write: ['ENOSPC', 'EIO'],
  pwrite64: ['ENOSPC', 'EIO'],
  openat: ['EACCES', 'EMFILE', 'ENFILE', 'EIO'],
  statx: ['EIO', 'EACCES'],
  newfstatat: ['EIO', 'EACCES'],
  fstat: ['EIO'],
  lstat: ['EIO', 'EACCES'],
  stat: ['EIO', 'EACCES'],
  getdents64: ['EIO'],
  readlink: ['EIO', 'EACCES'],
  readlinkat: ['EIO'],
  rename: ['EIO', 'EROFS', 'ENOSPC'],
  link: ['EIO', 'EROFS', 'EMLINK'],
  unlink: ['EIO', 'EROFS', 'EACCES'],
  unlinkat: ['EIO', 'EROFS'],
  mkdir: ['EROFS', 'ENOSPC', 'EACCES'],
  rmdir: ['EIO', 'EROFS'],
  fsync: ['EIO', 'ENOSPC', 'EROFS'],
  ftruncate: ['EIO', 'EROFS'],
  fchmod: ['EROFS', 'EIO'],
  chmod: ['EROFS', 'EIO'],
  flock: ['ENOLCK', 'EINTR'],
  statfs: ['EIO', 'EACCES'],
  fstatfs: ['EIO'],
  copy_file_range: ['EIO', 'ENOSPC'],
  sendfile: ['EIO', 'ENOSPC'],
  ioctl: ['EIO'],
  execve: ['ENOENT', 'EACCES', 'ENOMEM'],
  clone: ['EAGAIN', 'ENOMEM'],
  clone3: ['EAGAIN', 'ENOMEM'],
  vfork: ['EAGAIN', 'ENOMEM'],
  fork: ['EAGAIN', 'ENOMEM'],
  pipe2: ['EMFILE'],
  socketpair: ['EMFILE', 'ENFILE'],
};

/** Between these something is half done: whoever dies there leaves it so. */
const changing: ReadonlySet<string> = new Set(
  'write pwrite64 rename link unlink unlinkat mkdir rmdir fsync ftruncate fchmod chmod copy_file_range sendfile'.split(
    ' ',
  ),
);

/** Whether a thread or a process begins by it. */
const forks: ReadonlySet<string> = new Set(['clone', 'clone3', 'vfork', 'fork']);

/**
 * Whether a call is the program's own: about a file, or about its standard output or error. What is about a pipe or an event
 * of Node's own, about one of its threads, about a device, the file that it starts with or the way to it, ends Node in whatever way Node chose (most of it by abort(3)).
 */
export function isOurs({ name, paths, line }: Call): boolean {
  // Of the way to the root only what is in the root: each step of it is asked for hundreds of times.
  if (name === 'readlink') return paths.some((path) => /\/(cloudimg|snapshot|seals|receipts)/.test(path));
  if (forks.has(name)) return !line.includes('CLONE_THREAD');
  if (name === 'socketpair' || name === 'pipe2') return true;
  if (name === 'write' && /^write\([12]</.test(line)) return true;
  return paths.some(
    (path) =>
      path.startsWith('/') &&
      !program.startsWith(`${path}/`) &&
      !/^\/dev\/|\/lib\/.*\.so|^\/usr\/share\/|\/bin\/(blobcheck|package\.json)$|^\/etc\/localtime/.test(path),
  );
}

/**
 * The faults that a run may meet, told from what it asked when nothing failed: of each call one of its errors, in turn, and
 * a signal with each call that changes something. `threads` are those of the program itself; of its children only the
 * start can fail, and the lock that one takes for us.
 */
export function faultsOf(threads: readonly ThreadCalls[], children: readonly ThreadCalls[]): readonly Fault[] {
  const faults = new Map<string, Fault>();
  const add = (call: string, nth: number, what: string) => faults.set(`${call} ${nth} ${what}`, { call, nth, what });
  for (const { name, nth } of threads.flatMap(({ calls }) => calls.filter(isOurs))) {
    const known = errors[name] ?? [];
    if (known.length > 0) add(name, nth, `error=${known[nth % known.length]}`);
    if (changing.has(name)) add(name, nth, `signal=${nth % 2 === 0 ? 'SIGTERM' : 'SIGKILL'}`);
  }
  for (const { name } of children.flatMap(({ calls }) => calls)) {
    if (name !== 'execve' && name !== 'flock') continue;
    for (const error of errors[name] ?? []) add(name, 1, `error=${error}`);
  }
  return [...faults.values()];
}

/** So many of them, spread over all, always the same ones; all of them where they are not more. */
export function sampleOf<T>(all: readonly T[], size: number): readonly T[] {
  if (all.length <= size) return all;
  return Array.from({ length: size }, (_, index) => all[Math.floor(((index + 0.5) * all.length) / size)] as T);
}
