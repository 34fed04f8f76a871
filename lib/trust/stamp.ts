import type { StateDirectory } from './state-directory.js';
import { sweepBehind } from './sweep.js';
import { type Written, writeStateFile } from './write-state-file.js';

/**
 * A file as a stamp knows it. The size and the mtime of a file cannot change without its ctime; only of guest memory,
 * whose ctime every clone changes by a hard link, is it the mtime that counts.
 */
export interface StampedFile {
  readonly path: string;
  readonly inode: bigint;
  /** Bytes. */
  readonly size: bigint;
  /** Nanoseconds since 1970: the ctime, of guest memory the mtime. */
  readonly timeNs: bigint;
}

/** The files that an allow rests on. */
export interface StampedFiles {
  /** The snapshot's directory. */
  readonly directory: StampedFile;
  /** All others but guest memory. */
  readonly files: readonly StampedFile[];
  readonly memory: StampedFile | null;
}

/** An allow that bin/stamp.sh may repeat while nothing that it rests on has changed. */
export interface Stamp extends StampedFiles {
  /** What was asked, word for word as bin/stamp.sh spells it. */
  readonly question: string;
  /** Seconds since 1970 between which it speaks: a clock that went back proves nothing. */
  readonly from: number;
  readonly until: number;
  /** What is told beside the allow, a line each. */
  readonly warnings: readonly string[];
}

/** What `read` of a POSIX shell gives back as it was: printable ASCII without a blank at either end. */
const plain = /^[!-~](?:[ -~]*[!-~])?$/;

/** References that a shell can make a file name of: all others take the way through Node. */
const plainReference = /^[A-Za-z0-9_:/][A-Za-z0-9._:/-]{0,199}$/;

/** The name of a reference's stamp (only a hint: the first line counts), or null for one that gets none. */
export function stampName(reference: string): string | null {
  return plainReference.test(reference) ? reference.replaceAll('/', '+') : null;
}

/**
 * A stamp as the text of its file; null for one that a shell could misread. Lines: the question; `valid FROM UNTIL`;
 * `d`, `f` or `m` with inode, size, time and path (relative to the directory of `d`); `w` with a warning;
 * `end FROM UNTIL FILES`, which repeats what no `stat` would show to be damaged.
 */
export function stampText(stamp: Stamp): string | null {
  const { question, from, until, directory, files, memory, warnings } = stamp;
  const listed = [
    { kind: 'd', file: directory },
    ...files.map((file) => ({ kind: 'f', file })),
    ...(memory === null ? [] : [{ kind: 'm', file: memory }]),
  ];
  if (listed.some(({ file }) => !plain.test(file.path) || file.timeNs < 0n)) return null;
  if (warnings.some((line) => !plain.test(line))) return null;
  const prefix = `${directory.path}/`;
  const lines = listed.map(({ kind, file }) => {
    const path = file.path.startsWith(prefix) ? file.path.slice(prefix.length) : file.path;
    return `${kind} ${file.inode} ${file.size} ${secondsText(file.timeNs)} ${path}`;
  });
  return [
    question,
    `valid ${from} ${until}`,
    ...lines,
    ...warnings.map((line) => `w ${line}`),
    `end ${from} ${until} ${listed.length}`,
    '',
  ].join('\n');
}

/** Seconds with nanoseconds, as `stat -c %.9Z` prints them. */
function secondsText(ns: bigint): string {
  return `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, '0')}`;
}

/** Leaves a stamp. Nothing happens where it cannot be one. Never throws for what is on the disk. */
export async function writeStamp(state: StateDirectory, reference: string, stamp: Stamp): Promise<Written> {
  const name = stampName(reference);
  const text = stampText(stamp);
  if (name === null || text === null) return { kind: 'not-written', problem: null };
  const written = await writeStateFile(state, 'stamps', name, text);
  if (written.kind === 'written') await sweepBehind(state, name, stamp.from);
  return written;
}
