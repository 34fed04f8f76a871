/**
 * descriptor-child.ts [abort]: reads the archive at standard input and says in a line of JSON what was read; `abort` gives
 * its signal when the first bytes have come.
 */
import { createHash } from 'node:crypto';
import { type ArchiveOptions, readArchive } from '../../lib/archive/read-archive.js';
import { BlobcheckError } from '../../lib/errors.js';

const stop = new AbortController();
const progress: number[] = [];
const options: ArchiveOptions = {
  signal: stop.signal,
  onProgress: (done) => {
    progress.push(done);
    if (done > 0 && process.argv[2] === 'abort') setImmediate(() => stop.abort());
  },
};

async function answer(): Promise<object> {
  try {
    const read = await readArchive(0, options);
    if (read.kind === 'malformed') return read;
    const entries = read.entries.map(({ name, size, stored, kept }) => [
      name,
      String(size),
      String(stored),
      createHash('sha256').update(kept.bytes).digest('hex'),
    ]);
    return { kind: read.kind, compressed: read.compressed, bytes: read.bytes, entries };
  } catch (error) {
    if (!(error instanceof BlobcheckError)) throw error;
    return { kind: error.code, path: error.path, offset: error.offset };
  }
}

const told = await answer();
const ascends = progress.every((done, index) => done >= (progress[index - 1] ?? 0));
process.stdout.write(`${JSON.stringify({ ...told, last: progress.at(-1), ascends })}\n`);
