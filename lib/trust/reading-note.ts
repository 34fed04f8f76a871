import type { FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { openRegular } from '../file/open-regular.js';
import { whyNotOurs } from '../file/ownership.js';
import { readAtOf } from '../file/read-at.js';
import { lockFile } from './lock.js';
import { judgeDirectory } from './own-directory.js';
import { ownIdentity } from './process.js';
import { byteCount, timestamp } from './record.js';
import type { StateDirectory } from './state-directory.js';

/** The format of a note. Another one is unknown. */
const NOTE_VERSION = 1;

/** Bytes. A note fills its file with spaces up to here, so that a later one covers it whole; the longest has 700. */
const NOTE_BYTES = 1024;

/** Milliseconds between two notes. */
const WRITE_EVERY_MS = 250;

const noteSchema = v.strictObject({
  version: v.literal(NOTE_VERSION),
  /** The blob's name. */
  blob: v.string(),
  pid: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  started: v.string(),
  boot: v.string(),
  pidNamespace: v.string(),
  host: v.string(),
  bytesDone: byteCount,
  bytesTotal: byteCount,
  /** When this read of the blob began; RFC 3339. */
  since: timestamp,
  /** Seconds from then until the note was written, by a clock that nobody sets. */
  seconds: v.pipe(v.number(), v.finite(), v.minValue(0)),
  /** When the note was written; RFC 3339. */
  at: timestamp,
});

/**
 * What a process that has the turn to read a blob says of it, in the file of its lock. It is for people: nothing is ever
 * decided by it.
 */
export type ReadingNote = Readonly<v.InferOutput<typeof noteSchema>>;

/** The note of a read that is under way. It never throws: a read does not depend on what is told of it. */
export interface NoteWriter {
  /** Bytes of this read so far. Fewer than before are those of another read, from the beginning. */
  update(bytesDone: number, bytesTotal: number): void;
  /** Empties the file again. */
  remove(): Promise<void>;
}

/** Writes notes into the open file of a lock that is ours, the first one at once. */
export function startNote(file: FileHandle, blob: string, bytesTotal: number): NoteWriter {
  const who = ownIdentity();
  if (who === null) return { update: () => {}, remove: async () => {} };
  let since = new Date();
  let began = performance.now();
  let done = 0;
  let writtenAt = began;
  let writing: Promise<void> | null = null;
  const write = (total: number, before: () => Promise<void> = async () => {}) => {
    writtenAt = performance.now();
    const note: ReadingNote = {
      version: NOTE_VERSION,
      blob,
      ...who,
      host: hostname(),
      bytesDone: done,
      bytesTotal: total,
      since: since.toISOString(),
      seconds: (writtenAt - began) / 1000,
      at: new Date().toISOString(),
    };
    writing = before()
      .then(() =>
        file.write(
          Buffer.from(
            JSON.stringify(note)
              .padEnd(NOTE_BYTES - 1)
              .concat('\n'),
          ),
          0,
          null,
          0,
        ),
      )
      .then(() => {}, ignoreLostNote)
      .finally(() => {
        writing = null;
      });
  };
  // What a holder left that was killed is gone whole, however long.
  write(bytesTotal, () => file.truncate(0));
  return {
    update(bytesDone, total) {
      if (bytesDone < done) {
        since = new Date();
        began = performance.now();
      }
      done = bytesDone;
      // One on its way is enough: a disk that is slow gets no more of them.
      if (writing !== null || performance.now() - writtenAt < WRITE_EVERY_MS) return;
      write(total);
    },
    async remove() {
      await writing;
      await file.truncate(0).catch(ignoreLostNote);
    },
  };
}

/** A full disk, for instance. */
function ignoreLostNote(): void {}

/**
 * What the holder of a blob's lock says of its read; null where nobody says anything that can be believed: the file is
 * not ours alone, or holds no note of this blob. Whether the holder still lives is not asked. Never throws for what is on
 * the disk.
 */
export async function readNote(state: StateDirectory, blob: string): Promise<ReadingNote | null> {
  const file = lockFile(state, blob);
  if (file === null || state.problems.length > 0) return null;
  if ((await judgeDirectory(dirname(file))).kind !== 'usable') return null;
  const opened = await openRegular(file);
  if (opened.kind !== 'regular') return null;
  try {
    if (opened.stats.size > BigInt(NOTE_BYTES) || whyNotOurs(opened.stats) !== null) return null;
    return noteOf(await readAtOf(opened.handle, file)(0, NOTE_BYTES), blob);
  } catch {
    return null;
  } finally {
    await opened.handle.close().catch(() => {});
  }
}

function noteOf(bytes: Buffer, blob: string): ReadingNote | null {
  const parsed = v.safeParse(noteSchema, JSON.parse(bytes.toString('utf8')));
  if (!parsed.success || parsed.output.blob !== blob) return null;
  const { since, at } = parsed.output;
  return Number.isNaN(Date.parse(since)) || Number.isNaN(Date.parse(at)) ? null : parsed.output;
}
