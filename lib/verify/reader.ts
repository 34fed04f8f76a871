import { whereIs } from '../trust/process.js';
import { type ReadingNote, readNote } from '../trust/reading-note.js';
import type { StateDirectory } from '../trust/state-directory.js';

/** Another process that reads a blob, by what it says of itself. It is for people: nothing is decided by it. */
export interface Reader {
  readonly pid: number;
  readonly host: string;
  /** When it began; RFC 3339. */
  readonly since: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** On average since it began; null before it is known. */
  readonly bytesPerSecond: number | null;
  /** Null before it is known, and while it is stalled. */
  readonly secondsLeft: number | null;
  /** Seconds since it said so. */
  readonly silentSeconds: number;
  /** It should have said more by now: it is stopped, or its disk does not answer. */
  readonly stalled: boolean;
}

/** Bytes of one file so far; `reader` is the process that reads it for us, and undefined where we read it ourselves. */
export type OnProgress = (path: string, bytesDone: number, bytesTotal: number, reader?: Reader) => void;

/** Milliseconds. A note comes every 250 ms, with 8 MiB read between two of them on a disk that does 32 MB/s. */
const STALLED_AFTER_MS = 5_000;

/** Milliseconds that a note counts whose writer we cannot ask: its clock may differ, and a note outlives a kill. */
const FAR_MS = 60_000;

/** Milliseconds between two looks at a note. */
const LOOK_EVERY_MS = 250;

/** The process that a note is of; null where it is of none that lives. `now` in milliseconds since 1970. */
export function readerOf(note: ReadingNote, where: ReturnType<typeof whereIs>, now: number): Reader | null {
  const silentMs = now - Date.parse(note.at);
  if (where === 'dead' || (where === 'elsewhere' && Math.abs(silentMs) > FAR_MS)) return null;
  const { pid, host, since, bytesDone, bytesTotal, seconds } = note;
  const rate = seconds > 0 && bytesDone > 0 ? bytesDone / seconds : null;
  const stalled = silentMs > STALLED_AFTER_MS;
  return {
    pid,
    host,
    since,
    bytesDone,
    bytesTotal,
    bytesPerSecond: rate === null ? null : Math.round(rate),
    secondsLeft: rate === null || stalled ? null : tenths(Math.max(0, bytesTotal - bytesDone) / rate),
    // A clock may go back.
    silentSeconds: tenths(Math.max(0, silentMs) / 1000),
    stalled,
  };
}

const tenths = (seconds: number): number => Math.round(seconds * 10) / 10;

/** Who reads a blob now; null where nobody does, or nobody says so. Never throws for what is on the disk. */
export async function readerNow(state: StateDirectory, blob: string): Promise<Reader | null> {
  const note = await readNote(state, blob);
  return note === null ? null : readerOf(note, whereIs(note), Date.now());
}

/** Tells of whoever reads a blob, four times a second, until it is stopped; keeps no process alive. */
export function watchReader(state: StateDirectory, blob: string, tell: (reader: Reader) => void): { stop(): void } {
  let looking = false;
  let stopped = false;
  const timer = setInterval(async () => {
    if (looking) return;
    looking = true;
    const reader = await readerNow(state, blob);
    looking = false;
    // What it did by then is over.
    if (reader !== null && !stopped) tell(reader);
  }, LOOK_EVERY_MS).unref();
  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
