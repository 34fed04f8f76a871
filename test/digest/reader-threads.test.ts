import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type HashedFile, type HashFileOptions, hashFile } from '../../lib/digest/hash-file.js';
import { mostReaders } from '../../lib/digest/reading-turn.js';
import { BlobcheckError } from '../../lib/errors.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import { content, directory, fileOf } from './files.js';

const test = suite('digest/reader-thread');

const threads: Worker[] = [];
process.on('worker', (thread) => threads.push(thread));
// The thread of the loader of these sources is told of, too.
await setImmediate();
threads.length = 0;

/** A file of holes that nobody reads to its end. */
function endless(): string {
  const path = fileOf(Buffer.alloc(0));
  fs.truncateSync(path, 200e9);
  return path;
}

/**
 * Hashes a file on another thread, because this one is busy with an endless file; `meddle` is called once with the first
 * bytes. Returns the result or the error.
 */
async function onThread(
  path: string,
  options: HashFileOptions = {},
  meddle: () => void = () => {},
): Promise<HashedFile | BlobcheckError> {
  await settled(path);
  const busy = new AbortController();
  const here = endless();
  let calls = 0;
  const begun = new Promise<void>((resolve) => {
    void hashFile(here, { signal: busy.signal, onProgress: () => resolve() }).catch(() => {});
  });
  await begun;
  try {
    return await hashFile(path, {
      ...options,
      onProgress: (...bytes) => {
        if (calls++ === 0) meddle();
        options.onProgress?.(...bytes);
      },
    });
  } catch (error) {
    if (error instanceof BlobcheckError) return error;
    throw error;
  } finally {
    busy.abort();
  }
}

async function changeWhileRead(meddle: (path: string) => void): Promise<HashedFile> {
  const path = fileOf(content);
  const hashed = await onThread(path, {}, () => meddle(path));
  if (hashed instanceof BlobcheckError) throw hashed;
  return hashed;
}

test('one file, and one after the other, start no thread', async () => {
  for (let i = 0; i < 3; i++) await hashFile(fileOf(content));
  assert.is(threads.length, 0);
});

needs(['two-cores'], test, 'a file that another is read beside is hashed on a thread, by both engines', async () => {
  const path = fileOf(content);
  for (const engine of ['native', 'wasm'] as const) {
    const seen: number[] = [];
    const hashed = await onThread(path, { engine, onProgress: (done) => seen.push(done) });
    if (hashed instanceof BlobcheckError) throw hashed;
    assert.is(hashed.digest, sha256(content));
    assert.is(hashed.bytes, content.length);
    assert.is(hashed.changed, null);
    assert.is(hashed.engine, engine);
    assert.equal(hashed.before, hashed.after);
    assert.is(seen.at(-1), content.length);
    assert.equal(
      seen,
      [...seen].sort((a, b) => a - b),
    );
  }
  assert.is(threads.length, 1);
});

needs(['two-cores'], test, 'a file that shrinks while a thread reads it is changed', async () => {
  const hashed = await changeWhileRead((path) => fs.truncateSync(path, 100));
  assert.is(hashed.changed, 'content');
});

needs(['two-cores'], test, 'a byte written while a thread reads is a changed content', async () => {
  const hashed = await changeWhileRead((path) => {
    const fd = fs.openSync(path, 'r+');
    fs.writeSync(fd, 'x', 5);
    fs.closeSync(fd);
  });
  assert.is(hashed.changed, 'content');
});

needs(['two-cores', 'mkfifo'], test, 'a FIFO that takes its place while a thread reads it replaces it', async () => {
  const hashed = await changeWhileRead((path) => {
    fs.unlinkSync(path);
    assert.is(spawnSync('mkfifo', [path]).status, 0);
  });
  assert.is(hashed.changed, 'replaced');
  assert.is(hashed.digest, sha256(content));
});

needs(['two-cores'], test, 'a signal ends the read of a thread with aborted and the reason', async () => {
  const controller = new AbortController();
  const error = await onThread(endless(), { signal: controller.signal }, () => controller.abort('enough'));
  assert.instance(error, BlobcheckError);
  assert.equal([(error as BlobcheckError).code, (error as BlobcheckError).cause], ['aborted', 'enough']);
});

needs(['two-cores'], test, 'a progress function that throws ends the read of a thread with its own error', async () => {
  try {
    await onThread(endless(), {}, () => {
      throw new RangeError('mine');
    });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
  }
  // The thread is well, and reads the next.
  const hashed = await onThread(fileOf(content));
  assert.is((hashed as HashedFile).digest, sha256(content));
});

needs(
  ['two-cores'],
  test,
  'a file whose thread dies in the middle is read again, and another thread serves the next',
  async () => {
    const path = fileOf(content);
    const before = threads.length;
    let dying = threads.at(-1);
    const hashed = await onThread(path, {}, () => {
      dying = threads.at(-1);
      void dying?.terminate();
    });
    // It may have come to its end all the same before it died.
    await dying?.terminate();
    assert.is((hashed as HashedFile).digest, sha256(content));
    assert.is((hashed as HashedFile).changed, null);
    assert.is(((await onThread(path)) as HashedFile).digest, sha256(content));
    assert.is(threads.length, before + 1);
  },
);

needs(
  ['two-cores'],
  test,
  '300 files need no more threads than there are cores, and each has its own digest',
  async () => {
    const before = threads.length;
    const small = content.subarray(0, 1_500_000);
    const files = Array.from({ length: 300 }, (_, i) => fileOf(small.subarray(i)));
    const hashed = await Promise.all(files.map((file) => hashFile(file)));
    assert.equal(
      hashed.map(({ digest }) => digest),
      files.map((file) => sha256(fs.readFileSync(file))),
    );
    assert.ok(threads.length - before < mostReaders, `${threads.length - before} threads`);
  },
);

needs(['two-cores'], test, 'a thread that has nothing to do ends', async () => {
  await onThread(fileOf(content));
  const last = threads.at(-1);
  if (last === undefined) return assert.unreachable();
  // It keeps no process alive, so the test must.
  last.ref();
  if (last.threadId !== -1) await once(last, 'exit');
  assert.is(last.threadId, -1);
});

/** Says at the end of a Node program, on standard error, how many threads it has started. */
const countThreads =
  "let n=0;process.on('worker',()=>n++);" +
  "if(require('worker_threads').isMainThread)process.on('exit',()=>require('fs').writeSync(2,'threads: '+n+'\\n'))";

function withThreadCount(words: readonly string[]) {
  fs.writeFileSync(`${directory}/count.cjs`, countThreads);
  return spawnSync(process.execPath, ['--require', `${directory}/count.cjs`, ...words], { encoding: 'utf8' });
}

const built = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

needs(['two-cores'], test, 'the built command line and the built library find the program of the threads', () => {
  const large = Array.from({ length: 6 }, (_, i) => fileOf(content.subarray(i)));
  const digests = large.map((file) => sha256(fs.readFileSync(file)));
  const script = `import(${JSON.stringify(built)}).then(async ({ hashFile }) => {
    for (const { digest } of await Promise.all(process.argv.slice(1).map((file) => hashFile(file)))) console.log(digest);
  })`;
  for (const words of [
    [program, 'hash'],
    ['-e', script],
  ]) {
    const run = withThreadCount([...words, ...large]);
    assert.is(run.status, 0, run.stderr);
    assert.equal(
      run.stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.slice(0, 64)),
      digests,
    );
    const [, count] = /^threads: (\d+)$/m.exec(run.stderr) ?? [];
    assert.ok(Number(count) >= 1 && Number(count) < mostReaders, `${words[0]}: ${run.stderr}`);
  }
});

needs(['two-cores'], test, 'the built command line starts no thread for one file', () => {
  const run = withThreadCount([program, 'hash', fileOf(content)]);
  assert.is(run.stderr, 'threads: 0\n');
});

needs(
  ['two-cores', 'strace'],
  test,
  'a read error of the system on a thread is that file’s, and names its offset',
  () => {
    const files = Array.from({ length: 3 }, () => fileOf(content));
    // Only the threads of a reader read at 5 MiB sharp: this one reads 8 MiB when it begins alone.
    const [first = '', second = '', third = ''] = files;
    const inject = [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-P',
      second,
      '-e',
      'trace=pread64',
      '-e',
      'inject=pread64:error=EIO:when=3+',
    ];
    const run = spawnSync('strace', [...inject, process.execPath, program, 'hash', ...files], { encoding: 'utf8' });
    assert.is(run.status, 3, run.stderr);
    assert.match(run.stderr, new RegExp(`^blobcheck: ${second}: cannot read at byte \\d+: EIO: i/o error\n$`));
    const digest = sha256(content);
    assert.is(run.stdout, `${digest}  ${first}\n${digest}  ${third}\n`);
  },
);

test.run();
