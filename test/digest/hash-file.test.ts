import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BUFFER_BYTES } from '../../lib/digest/buffers.js';
import { type HashedFile, hashFile, hashOpenFile, type Readable } from '../../lib/digest/hash-file.js';
import { BlobcheckError } from '../../lib/errors.js';
import { temporaryDirectory } from '../support/temporary.js';
import { settled } from './settled.js';

const test = suite('digest/hash-file');
const directory = temporaryDirectory();
const content = randomBytes(2 * BUFFER_BYTES + 7);
let files = 0;

function fileOf(bytes: Uint8Array): string {
  const path = join(directory, `file-${files++}`);
  fs.writeFileSync(path, bytes);
  return path;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function failure(work: Promise<unknown>): Promise<BlobcheckError> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, BlobcheckError);
    return error as BlobcheckError;
  }
  return assert.unreachable() as never;
}

/** Hashes a file and does something to it when its first buffer has been read. */
async function hashWhile(path: string, meddle: () => void): Promise<HashedFile> {
  await settled(path);
  let calls = 0;
  return await hashFile(path, { onProgress: () => (calls++ === 0 ? meddle() : undefined) });
}

for (const size of [0, 1, 4095, 4097, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, 2 * BUFFER_BYTES + 7]) {
  test(`a file of ${size} bytes has the digest of its bytes, by both engines`, async () => {
    const bytes = content.subarray(0, size);
    const path = fileOf(bytes);
    for (const engine of ['native', 'wasm'] as const) {
      const hashed = await hashFile(path, { engine });
      assert.is(hashed.digest, sha256(bytes), engine);
      assert.is(hashed.bytes, size);
      assert.is(hashed.changed, null);
      assert.is(hashed.readFrom, 'cache');
      assert.is(hashed.engine, engine);
      assert.equal(hashed.before, hashed.after);
      assert.is(hashed.before.size, BigInt(size));
    }
  });
}

test('progress counts bytes up to the size', async () => {
  const seen: number[][] = [];
  const path = fileOf(content);
  await hashFile(path, { onProgress: (...numbers) => seen.push(numbers) });
  const total = content.length;
  assert.equal(seen, [
    [BUFFER_BYTES, total],
    [2 * BUFFER_BYTES, total],
    [total, total],
  ]);
});

test('the next read is on its way while a buffer is hashed', async () => {
  const path = fileOf(content);
  const handle = await open(path);
  let submitted = 0;
  const ahead: number[] = [];
  const counting: Readable = {
    stat: handle.stat.bind(handle),
    read: ((...args: Parameters<typeof handle.read>) => {
      submitted++;
      return handle.read(...args);
    }) as Readable['read'],
  };
  await hashOpenFile(counting, path, { source: 'cache', onProgress: () => ahead.push(submitted) });
  await handle.close();
  assert.equal(ahead, [2, 3, 3]);
});

test('a byte written meanwhile is a changed content', async () => {
  const path = fileOf(content);
  const hashed = await hashWhile(path, () => {
    const fd = fs.openSync(path, 'r+');
    fs.writeSync(fd, 'x', 5);
    fs.closeSync(fd);
  });
  assert.is(hashed.changed, 'content');
});

test('a byte written meanwhile shows although the mtime was set back', async () => {
  const path = fileOf(content);
  const { atime, mtime } = fs.statSync(path);
  fs.utimesSync(path, atime, mtime);
  const hashed = await hashWhile(path, () => {
    const fd = fs.openSync(path, 'r+');
    fs.writeSync(fd, 'x', 5);
    fs.futimesSync(fd, atime, mtime);
    fs.closeSync(fd);
  });
  assert.is(hashed.changed, 'content');
});

test('a file that grows meanwhile is changed, and is read to its first size only', async () => {
  const path = fileOf(content);
  const hashed = await hashWhile(path, () => fs.appendFileSync(path, content));
  assert.is(hashed.changed, 'content');
  assert.is(hashed.bytes, content.length);
});

test('a file that shrinks meanwhile is changed', async () => {
  const path = fileOf(content);
  const hashed = await hashWhile(path, () => fs.truncateSync(path, 100));
  assert.is(hashed.changed, 'content');
  assert.ok(hashed.bytes < content.length);
});

test('a file whose size is said to be larger than it is is changed, though its identity stays', async () => {
  const path = fileOf(content.subarray(0, 5000));
  const handle = await open(path);
  const stats = await handle.stat({ bigint: true });
  stats.size = 6000n;
  const lying: Readable = { read: handle.read.bind(handle), stat: (async () => stats) as unknown as Readable['stat'] };
  const hashed = await hashOpenFile(lying, path, { source: 'cache' });
  await handle.close();
  assert.is(hashed.changed, 'content');
  assert.is(hashed.bytes, 5000);
});

test('a file renamed over the name meanwhile is replaced, even with the same bytes', async () => {
  const path = fileOf(content);
  const other = fileOf(content);
  const hashed = await hashWhile(path, () => fs.renameSync(other, path));
  assert.is(hashed.changed, 'replaced');
  assert.is(hashed.digest, sha256(content));
});

test('a symbolic link put in its place meanwhile is a replacement, even one that leads back to the file', async () => {
  const path = fileOf(content);
  const hashed = await hashWhile(path, () => {
    fs.renameSync(path, `${path}.moved`);
    fs.symlinkSync(`${path}.moved`, path);
  });
  assert.is(hashed.changed, 'replaced');
});

test('a file unlinked meanwhile is removed', async () => {
  const path = fileOf(content);
  assert.is((await hashWhile(path, () => fs.unlinkSync(path))).changed, 'removed');
});

test('a file that is only read meanwhile is not changed', async () => {
  const path = fileOf(content);
  const hashed = await hashWhile(path, () => void fs.readFileSync(path));
  assert.is(hashed.changed, null);
});

test('a signal ends it with aborted and the reason, before the next buffer', async () => {
  const path = fileOf(content);
  const controller = new AbortController();
  let calls = 0;
  const error = await failure(
    hashFile(path, {
      signal: controller.signal,
      onProgress: () => {
        calls++;
        controller.abort('enough');
      },
    }),
  );
  assert.is(error.code, 'aborted');
  assert.is(error.cause, 'enough');
  assert.is(calls, 1);
});

test('a signal that was given before reads nothing, not even of an empty file', async () => {
  for (const path of [fileOf(content), fileOf(Buffer.alloc(0))]) {
    const error = await failure(hashFile(path, { signal: AbortSignal.abort() }));
    assert.is(error.code, 'aborted');
  }
});

test('a progress function that throws is waited out: no read is on its way into a buffer that is given back', async () => {
  const path = fileOf(content);
  const handle = await open(path);
  let flying = 0;
  const slow: Readable = {
    stat: handle.stat.bind(handle),
    read: (async (...args: Parameters<typeof handle.read>) => {
      flying++;
      try {
        return await handle.read(...args);
      } finally {
        // Long after the caller's own promises.
        await setImmediate();
        flying--;
      }
    }) as Readable['read'],
  };
  const mine = () => {
    throw new RangeError('mine');
  };
  try {
    await hashOpenFile(slow, path, { source: 'cache', onProgress: mine });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
  }
  assert.is(flying, 0);
  await handle.close();
  assert.is((await hashFile(path)).digest, sha256(content));
});

test('four files at once each have their own digest', async () => {
  const parts = [0, 1, 2, 3].map((i) => content.subarray(i, content.length - i));
  const hashed = await Promise.all(parts.map((part) => hashFile(fileOf(part))));
  assert.equal(
    hashed.map(({ digest }) => digest),
    parts.map(sha256),
  );
});

test('what is not a regular file, or not there, is unreadable', async () => {
  const link = join(directory, 'link');
  fs.symlinkSync(fileOf(content), link);
  for (const path of [directory, link, join(directory, 'absent'), '/dev/zero']) {
    const error = await failure(hashFile(path));
    assert.is(error.code, 'unreadable');
    assert.is(error.path, path);
  }
});

test('a size past 2^53 is refused before anything is allocated', async () => {
  const path = fileOf(content.subarray(0, 10));
  const handle = await open(path);
  const stats = await handle.stat({ bigint: true });
  stats.size = 2n ** 63n - 1n;
  const lying: Readable = { read: handle.read.bind(handle), stat: (async () => stats) as unknown as Readable['stat'] };
  const error = await failure(hashOpenFile(lying, path, { source: 'cache' }));
  await handle.close();
  assert.is(error.code, 'unreadable');
});

test.run();
