/** The program of a reader thread: hashes the descriptors that it is sent, one at a time. */
import { fstat, read } from 'node:fs';
import { promisify } from 'node:util';
import { parentPort } from 'node:worker_threads';
import { BlobcheckError } from '../errors.js';
import type { Readable } from '../file/readable.js';
import { BUFFER_BYTES } from './buffers.js';
import { hashContent } from './hash-content.js';
import { readsInPlace } from './read-in-place.js';
import { plainError, type ThreadJob, type ThreadMessage, type ThreadRequest } from './thread-messages.js';

/** Bytes a read from the disk, where nothing reads ahead for us. */
const DIRECT_BYTES = 4 * 1024 * 1024;
/** Bytes a read through the page cache (`readsInPlace`). */
const CACHED_BYTES = 1024 * 1024;

let interruption = new AbortController();

parentPort?.on('message', (request: ThreadRequest) => {
  if (request === 'interrupt') interruption.abort();
  else void answer(request);
});

async function answer(job: ThreadJob): Promise<void> {
  interruption = new AbortController();
  send(await messageOf(job, interruption.signal));
}

async function messageOf({ fd, ...options }: ThreadJob, signal: AbortSignal): Promise<ThreadMessage> {
  const handle = readableOf(fd);
  const bufferBytes = options.aligned ? DIRECT_BYTES : CACHED_BYTES;
  const source = options.aligned ? handle : readsInPlace(handle, fd, () => true);
  let told = 0;
  const onProgress = (bytesDone: number) => {
    if (bytesDone - told < BUFFER_BYTES && bytesDone < options.size) return;
    told = bytesDone;
    send({ kind: 'progress', bytesDone });
  };
  try {
    const content = await hashContent(source, { ...options, bufferBytes, signal }, onProgress);
    return { kind: 'hashed', content };
  } catch (error) {
    return error instanceof BlobcheckError ? { kind: 'error', error: plainError(error) } : { kind: 'failed' };
  }
}

function send(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

/** What a `FileHandle` of that descriptor would be: only the thread that opened it has one. */
function readableOf(fd: number): Readable {
  const reading = promisify(read);
  const looking = promisify(fstat);
  return {
    read: ((...args: [Buffer, number, number, number]) => reading(fd, ...args)) as Readable['read'],
    stat: ((options: { bigint: true }) => looking(fd, options)) as Readable['stat'],
  };
}
