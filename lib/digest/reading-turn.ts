import { availableParallelism } from 'node:os';
import type { Readable } from '../file/readable.js';
import { hashContent, PIECE_BYTES } from './hash-content.js';
import { readsInPlace } from './read-in-place.js';
import { type ReaderThread, startReaderThread } from './reader-thread.js';
import { isRotational } from './rotational.js';
import { type TurnRequest, turnsOf } from './turns.js';

/**
 * Files that are hashed at the same time: one a core, which a hash fills. More than eight want more of a disk than it
 * gives, and each costs its memory.
 */
export const mostReaders = Math.min(availableParallelism(), 8);

/** This thread is place 0, so one file alone never waits for a thread to start. */
const turns = turnsOf(mostReaders, rotationalOnce());

/** By place; a thread is started when its place is first used. */
const threads: ReaderThread[] = [];

/**
 * Does `work` when there is a core to hash on; `work` is given what hashes there, in this thread or in another: it is as
 * `hashContent`. What is over sooner than a thread is asked is read at once.
 */
export async function inReadingTurn<T>(
  handle: Readable,
  request: TurnRequest & { readonly bytes: number },
  work: (read: typeof hashContent) => Promise<T>,
): Promise<T> {
  const fd = descriptorOf(handle);
  if (fd === null || request.bytes <= PIECE_BYTES) return await work(hashContent);
  const turn = await turns.take(request);
  try {
    return await work(turn.place === 0 ? hashHere(fd) : hashOnThread(fd, turn.place));
  } finally {
    turn.end();
  }
}

/** While others read, too, there is no core left that would read ahead for this one. */
function hashHere(fd: number): typeof hashContent {
  return (handle, options, onProgress) =>
    hashContent(options.aligned ? handle : readsInPlace(handle, fd, () => turns.wanted() > 1), options, onProgress);
}

function hashOnThread(fd: number, place: number): typeof hashContent {
  return async (handle, options, onProgress) => {
    const thread = threadOf(place);
    const hashed = thread === null ? null : await thread.hash(fd, options, onProgress);
    return hashed ?? (await hashContent(handle, options, onProgress));
  };
}

/** Null where this machine has no threads for us: what they would have hashed is hashed here. */
function threadOf(place: number): ReaderThread | null {
  const known = threads[place];
  if (known?.isUseless()) return null;
  const thread = known === undefined || known.isOver() ? startReaderThread() : known;
  threads[place] = thread;
  return thread;
}

function descriptorOf(handle: Readable): number | null {
  return 'fd' in handle && typeof handle.fd === 'number' ? handle.fd : null;
}

/** A disk does not begin to turn while we run. */
function rotationalOnce(): (device: bigint) => Promise<boolean> {
  const known = new Map<bigint, Promise<boolean>>();
  return (device) => {
    const answer = known.get(device) ?? isRotational(device);
    known.set(device, answer);
    return answer;
  };
}
