import * as fs from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BUFFER_BYTES } from '../../lib/digest/buffers.js';
import { hashFile, hashOpenFile } from '../../lib/digest/hash-file.js';
import { BlobcheckError } from '../../lib/errors.js';
import type { Readable } from '../../lib/file/readable.js';
import { sha256 } from '../support/sha256.js';
import { content, directory, fileOf } from './files.js';

const test = suite('digest/hash-file');
async function failure(work: Promise<unknown>): Promise<BlobcheckError> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, BlobcheckError);
    return error as BlobcheckError;
  }
  return assert.unreachable() as never;
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
  // A file of /proc has no size, and its digest would be that of nothing.
  for (const path of [directory, link, join(directory, 'absent'), '/dev/zero', '/proc/self/status']) {
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
