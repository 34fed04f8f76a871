import { hostname } from 'node:os';
import { join } from 'node:path';
import type { StatusBlob } from '../report/documents.js';
import { lockFile } from '../trust/lock.js';
import { canLookInto, type Opener, openersOf } from '../trust/openers.js';
import { commandOf, whereIs } from '../trust/process.js';
import { type ReadingNote, readNote } from '../trust/reading-note.js';
import { stampName } from '../trust/stamp.js';
import type { StateDirectory } from '../trust/state-directory.js';
import { readerOf } from './reader.js';

/** Who reads a blob, and who waits for that. */
export type WhoReads = Pick<StatusBlob, 'reading' | 'waiting'>;

/** A blob, and the names and ids of the snapshots on it. */
export interface Asked {
  readonly blob: string;
  readonly references: readonly string[];
}

/** Who reads blobs and who waits for them, in their order. Never throws for what is on the disk. */
export async function whoReads(state: StateDirectory, asked: readonly Asked[]): Promise<readonly WhoReads[]> {
  const files = asked.flatMap(({ blob, references }) => [
    lockFile(state, blob),
    ...references.map((reference) => hookLock(state, reference)),
  ]);
  const openers = await openersOf([...new Set(files.filter((file) => file !== null))]);
  const openersAt = (file: string | null) => (file === null ? [] : (openers.get(file) ?? []));
  return await Promise.all(
    asked.map(async ({ blob, references }) => {
      const here = openersAt(lockFile(state, blob));
      const reading = await readingOf(state, blob, here);
      const readers = here.filter(({ pid, holdsLock }) => !holdsLock && pid !== reading?.pid);
      return {
        reading,
        waiting: [
          ...readers.map(({ pid }) => ({ pid, what: commandOf(pid) })),
          ...references.flatMap((reference) =>
            // The one that has its lock waits as well: for the check that it has started.
            openersAt(hookLock(state, reference)).map(({ pid }) => ({ pid, what: `hook of ${reference}` })),
          ),
        ],
      };
    }),
  );
}

/** What the hooks of a reference lock in the shell (bin/stamp.sh); null for one that gets no such lock. */
function hookLock({ path }: StateDirectory, reference: string): string | null {
  const name = stampName(reference);
  return path === null || name === null ? null : join(path, 'locks', `hook.${name}`);
}

async function readingOf(
  state: StateDirectory,
  blob: string,
  openers: readonly Opener[],
): Promise<WhoReads['reading']> {
  const note = await readNote(state, blob);
  const reader = note === null || isOver(note, openers) ? null : readerOf(note, whereIs(note), Date.now());
  if (reader !== null) return reader;
  const holder = openers.find(({ holdsLock }) => holdsLock);
  if (holder === undefined) return null;
  return { ...nothingSaid, pid: holder.pid, host: hostname() };
}

/** Who lives and has closed the lock's file could not remove its note. */
function isOver(note: ReadingNote, openers: readonly Opener[]): boolean {
  const isSeen = whereIs(note) === 'here' && canLookInto(note.pid);
  return isSeen && !openers.some(({ pid }) => pid === note.pid);
}

/** Of a process that has the turn to read and does not say how far it is. */
const nothingSaid = {
  since: null,
  bytesDone: null,
  bytesTotal: null,
  bytesPerSecond: null,
  secondsLeft: null,
  silentSeconds: null,
  stalled: null,
} as const;
