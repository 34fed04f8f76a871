import { appendFileSync, createReadStream, mkdirSync, renameSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ArchiveOptions, readArchive } from '../../lib/archive/read-archive.js';
import { BlobcheckError } from '../../lib/errors.js';
import { buildGzip, buildTar } from '../builders/archive.js';
import { temporaryDirectory } from '../support/temporary.js';
import { fileOf, inChunks } from './every-way.js';

const test = suite('the medium of an archive');

const files = [{ name: 'mem', content: Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * at * at) % 251)) }];
const tar = buildTar({ files });
const gzip = buildGzip({ files });

async function failure(
  source: string | AsyncIterable<Uint8Array>,
  options: ArchiveOptions = {},
): Promise<BlobcheckError> {
  try {
    const read = await readArchive(source, options);
    throw new Error(`it was read: ${read.kind}`);
  } catch (error) {
    if (error instanceof BlobcheckError) return error;
    throw error;
  }
}

test('a stream that fails leaves its offset, its name and the cause', async () => {
  const cause = new Error('the wire was cut');
  async function* cut(bytes: Buffer) {
    yield* inChunks(bytes.subarray(0, 2000), 1000);
    throw cause;
  }
  for (const bytes of [tar, gzip]) {
    const error = await failure(cut(bytes), { name: 'standard input' });
    assert.is(error.code, 'unreadable');
    assert.is(error.path, 'standard input');
    assert.is(error.offset, 2000);
    assert.is(error.cause, cause);
    assert.is(error.message, 'cannot read at byte 2000: the wire was cut');
  }
  assert.is((await failure(cut(tar))).path, '-');
});

test('a file that is none, or none of a regular kind, is unreadable', async () => {
  const directory = temporaryDirectory();
  symlinkSync(fileOf(tar), join(directory, 'link'));
  mkdirSync(join(directory, 'sub'));
  for (const [name, message] of [
    ['gone', 'there is no such file'],
    ['link', 'not a regular file but a symlink'],
    ['sub', 'not a regular file but a directory'],
  ] as const) {
    const error = await failure(join(directory, name));
    assert.is(error.code, 'unreadable');
    assert.is(error.message, message);
    assert.is(error.path, join(directory, name));
  }
});

test('a signal ends it before the first read and between any two', async () => {
  const reason = new Error('enough');
  for (const source of [fileOf(tar), fileOf(gzip), inChunks(tar, 1000), inChunks(gzip, 1000)]) {
    const error = await failure(source, { signal: AbortSignal.abort(reason) });
    assert.is(error.code, 'aborted');
    assert.is(error.cause, reason);
    assert.is(error.offset, 0);
  }
  for (const source of [fileOf(tar), inChunks(tar, 1000), inChunks(gzip, 1000)]) {
    const stop = new AbortController();
    const onProgress = (bytes: number) => {
      if (bytes > 0) stop.abort(reason);
    };
    const error = await failure(source, { signal: stop.signal, onProgress });
    assert.is(error.code, 'aborted');
    assert.ok((error.offset ?? 0) > 0);
  }
});

test('a signal also ends the wait for a writer that has stopped, and nothing is left behind', async () => {
  for (const bytes of [tar, gzip]) {
    const pipe = new PassThrough();
    pipe.write(bytes.subarray(0, 700));
    const stop = new AbortController();
    const reading = failure(pipe, {
      signal: stop.signal,
      onProgress: (done) => done > 0 && setImmediate(() => stop.abort()),
    });
    assert.is((await reading).code, 'aborted');
    assert.ok(pipe.destroyed);
  }
});

test('a stream is destroyed where it is left, even while its writer is silent', async () => {
  for (const bytes of [buildTar({ first: files }), buildGzip({ first: files })]) {
    const pipe = new PassThrough();
    pipe.write(bytes.subarray(0, 60_000));
    const read = await readArchive(pipe);
    assert.is(read.kind, 'malformed');
    assert.ok(pipe.destroyed);
  }
});

test('what has been read to its end is at its end', async () => {
  for (const bytes of [tar, gzip]) {
    const stream = createReadStream(fileOf(bytes));
    assert.is((await readArchive(stream)).kind, 'ok');
    assert.ok(stream.readableEnded);
    assert.is((await readArchive(Readable.from([bytes]))).kind, 'ok');
  }
});

test('a file that changes meanwhile was not one archive', async () => {
  for (const bytes of [tar, gzip]) {
    for (const change of [
      (path: string) => appendFileSync(path, 'x'),
      (path: string) => truncateSync(path, 1000),
      (path: string) => renameSync(path, `${path}.aside`),
    ]) {
      const path = `${fileOf(Buffer.concat([bytes]))}`;
      let done = false;
      const onProgress = () => {
        if (!done) change(path);
        done = true;
      };
      const error = await failure(path, { onProgress });
      assert.is(error.code, 'changed');
      assert.is(error.path, path);
    }
  }
});

test('progress counts the bytes of the archive, and ends with all of them', async () => {
  for (const bytes of [tar, gzip]) {
    for (const source of [fileOf(bytes), inChunks(bytes, 1000)]) {
      const told: number[] = [];
      await readArchive(source, { onProgress: (done) => void told.push(done) });
      assert.is(told[0], 0);
      assert.is(told.at(-1), bytes.length);
      assert.equal(
        told,
        [...told].sort((a, b) => a - b),
      );
    }
  }
});

test.run();
