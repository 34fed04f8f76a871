import { Worker } from 'node:worker_threads';
import type { HashContentOptions, HashedContent } from './hash-content.js';
import { interruptedError } from './interrupted.js';
import { errorOf, type ThreadJob, type ThreadMessage, type ThreadRequest } from './thread-messages.js';

/** Milliseconds that a thread without work is kept. Starting one takes 25 ms, and keeping one 10 MB. */
const KEPT_MS = 1000;

/** Beside this module in the library and beside the bundle of the command line. Threads of Node 20 load no TypeScript. */
const beside = import.meta.url.endsWith('.ts') ? '../../dist/digest/hash-thread.js' : './hash-thread.js';
const program = new URL(beside, import.meta.url);

/** A thread that hashes one file after another. It keeps no process alive while it has nothing to do. */
export interface ReaderThread {
  /** It ended. */
  isOver(): boolean;
  /** It ended before it had answered anything: another one would, too. */
  isUseless(): boolean;
  /**
   * As `hashContent`, of a descriptor that stays open until this has come to its end: no read is on its way then. Null
   * where the thread ends without an answer, or has none.
   */
  hash(fd: number, options: HashContentOptions, onProgress: (bytesDone: number) => void): Promise<HashedContent | null>;
}

export function startReaderThread(): ReaderThread {
  const worker = new Worker(program);
  let over = false;
  let answered = false;
  let dismissal: NodeJS.Timeout | undefined;
  const send = (request: ThreadRequest) => worker.postMessage(request);
  // What it died of is of no use: `exit` follows, and the file is read again.
  worker.on('error', () => {});
  worker.once('exit', () => {
    over = true;
  });
  worker.once('message', () => {
    answered = true;
  });
  worker.unref();
  return {
    isOver: () => over,
    isUseless: () => over && !answered,
    async hash(fd, { signal, ...content }, onProgress) {
      clearTimeout(dismissal);
      worker.ref();
      try {
        const job: ThreadJob = { ...content, fd };
        return await answerTo(worker, job, { send, signal, onProgress });
      } finally {
        worker.unref();
        dismissal = setTimeout(() => {
          over = true;
          void worker.terminate();
        }, KEPT_MS).unref();
      }
    },
  };
}

interface Asking {
  send(request: ThreadRequest): void;
  readonly signal: HashContentOptions['signal'];
  onProgress(bytesDone: number): void;
}

function answerTo(worker: Worker, job: ThreadJob, { send, signal, onProgress }: Asking): Promise<HashedContent | null> {
  return new Promise((resolve, reject) => {
    let thrown: { readonly error: unknown } | null = null;
    const interrupt = () => send('interrupt');
    const settle = (answer: () => void) => {
      worker.off('message', listen);
      worker.off('exit', onExit);
      signal?.removeEventListener('abort', interrupt);
      if (thrown === null) answer();
      else reject(thrown.error);
    };
    const onExit = () => settle(() => resolve(null));
    const listen = (message: ThreadMessage) => {
      if (message.kind === 'progress') {
        try {
          onProgress(message.bytesDone);
        } catch (error) {
          // Told when the thread has let go of the descriptor.
          thrown = { error };
          interrupt();
        }
      } else if (message.kind === 'hashed') settle(() => resolve(message.content));
      else if (message.kind === 'failed') settle(() => resolve(null));
      else if (message.error.code === 'aborted' && signal !== undefined) {
        settle(() => reject(interruptedError(job.path, message.error.offset ?? 0, signal)));
      } else settle(() => reject(errorOf(message.error)));
    };
    worker.on('message', listen);
    worker.once('exit', onExit);
    signal?.addEventListener('abort', interrupt, { once: true });
    send(job);
    if (signal?.aborted) interrupt();
  });
}
