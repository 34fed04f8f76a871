import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BUFFER_BYTES } from '../../lib/digest/buffers.js';
import { hashOpenFile } from '../../lib/digest/hash-file.js';
import { BlobcheckError } from '../../lib/errors.js';
import type { Readable } from '../../lib/file/readable.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('digest/read-error');
const directory = temporaryDirectory();
const path = join(directory, 'file');
writeFileSync(path, randomBytes(2 * BUFFER_BYTES + 5000));

interface Damage {
  /** Byte offsets of the bad part. */
  readonly from: number;
  readonly to: number;
  /** As the page cache does: what stands before the bad part is given, and the next read fails. */
  readonly short?: boolean;
  /** Reads that fail before all succeed. */
  readonly times?: number;
}

/** A handle whose disk has a bad part. */
function damaged(handle: FileHandle, damage: Damage): { readonly handle: Readable; reads(): number } {
  let failures = 0;
  let reads = 0;
  const read = async (buffer: Buffer, at: number, length: number, offset: number) => {
    reads++;
    if (offset < damage.to && offset + length > damage.from && failures < (damage.times ?? Number.POSITIVE_INFINITY)) {
      if (!damage.short || offset >= damage.from) {
        failures++;
        throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
      }
      return await handle.read(buffer, at, damage.from - offset, offset);
    }
    return await handle.read(buffer, at, length, offset);
  };
  return {
    handle: { read: read as unknown as Readable['read'], stat: handle.stat.bind(handle) },
    reads: () => reads,
  };
}

async function errorOf(damage: Damage): Promise<{ error: BlobcheckError; reads: number }> {
  const handle = await open(path);
  const broken = damaged(handle, damage);
  try {
    await hashOpenFile(broken.handle, path, { source: 'cache' });
  } catch (error) {
    assert.instance(error, BlobcheckError);
    return { error: error as BlobcheckError, reads: broken.reads() };
  } finally {
    await handle.close();
  }
  return assert.unreachable() as never;
}

const places = [0, 4096, BUFFER_BYTES - 4096, BUFFER_BYTES, BUFFER_BYTES + 4096 * 777, 2 * BUFFER_BYTES + 4096];

for (const at of places) {
  for (const short of [false, true]) {
    test(`a bad block at ${at} is named${short ? ', after a short read' : ''}`, async () => {
      const { error, reads } = await errorOf({ from: at, to: at + 4096, short });
      assert.is(error.code, 'unreadable');
      assert.is(error.offset, at);
      assert.is(error.path, path);
      assert.is(error.message, `cannot read at byte ${at}: EIO: i/o error`);
      assert.ok(reads < 30, `${reads} reads`);
    });
  }
}

test('of several bad blocks the first is named', async () => {
  const { error } = await errorOf({ from: 4096 * 100, to: 4096 * 900 });
  assert.is(error.offset, 4096 * 100);
});

test('a bad sector inside a block is named by its block', async () => {
  const { error } = await errorOf({ from: 4096 * 100 + 512, to: 4096 * 100 + 1024 });
  assert.is(error.offset, 4096 * 100);
});

test('an error that passes is still an error, named by the read that failed', async () => {
  const { error } = await errorOf({ from: BUFFER_BYTES + 5, to: BUFFER_BYTES + 6, times: 1 });
  assert.is(error.code, 'unreadable');
  assert.is(error.offset, BUFFER_BYTES);
});

test('a handle that cannot be looked at is unreadable', async () => {
  const handle = await open(path);
  await handle.close();
  try {
    await hashOpenFile(handle, path, { source: 'cache' });
    assert.unreachable();
  } catch (error) {
    assert.is((error as BlobcheckError).code, 'unreadable');
  }
});

needs(
  ['losetup', 'loop-device', 'mkfs.ext4', 'mount-namespace', 'root'],
  test,
  'a disk that ends early is named where it ends',
  () => {
    const script = fileURLToPath(new URL('truncated-disk.sh', import.meta.url));
    const child = fileURLToPath(new URL('hash-child.ts', import.meta.url));
    const place = temporaryDirectory();
    const run = spawnSync('unshare', ['--mount', 'sh', script, place, process.execPath, child], { encoding: 'utf8' });
    assert.is(run.status, 0, run.stderr);
    const answers = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.is(answers.length, 2);
    for (const answer of answers) {
      assert.is(answer.code, 'unreadable');
      assert.is(answer.offset % 4096, 0);
      assert.ok(answer.offset > 0 && answer.offset < 24 * 1024 * 1024, String(answer.offset));
      assert.is(answer.before, true, 'the block before can be read');
      assert.is(answer.at, false, 'the block itself cannot');
    }
  },
);

test.run();
