import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BUFFER_BYTES } from '../../lib/digest/buffers.js';
import { dropPageCache, openDirect } from '../../lib/digest/direct.js';
import { hashOpenFile } from '../../lib/digest/hash-file.js';
import { needs } from '../support/requires.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('digest/direct');
const directory = temporaryDirectory();
const content = randomBytes(2 * BUFFER_BYTES + 7);
const onDisk = spawnSync('stat', ['-f', '-c', '%T', directory], { encoding: 'utf8' }).stdout.trim() !== 'tmpfs';
const memory = existsSync('/dev/shm') ? [] : ['/dev/shm'];

/** Bytes of a file that are in the page cache. */
function cached(path: string): number {
  return Number(execFileSync('fincore', ['--noheadings', '--bytes', '--output', 'RES', path], { encoding: 'utf8' }));
}

async function hashDirect(path: string) {
  const opened = await openDirect(path);
  if (opened.kind !== 'regular') return assert.unreachable(opened.kind) as never;
  try {
    return await hashOpenFile(opened.handle, path, { source: opened.readFrom });
  } finally {
    await opened.handle.close();
  }
}

for (const size of [0, 1, 511, 4096, 4097, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, 2 * BUFFER_BYTES + 7]) {
  test(`${size} bytes read past the cache have the digest of the bytes, the unaligned end included`, async () => {
    const bytes = content.subarray(0, size);
    const path = join(directory, `direct-${size}`);
    writeFileSync(path, bytes);
    const hashed = await hashDirect(path);
    assert.is(hashed.digest, sha256(bytes));
    assert.is(hashed.readFrom, onDisk ? 'disk' : 'cache');
    assert.is(hashed.changed, null);
  });
}

needs(['dd', 'fincore', 'disk-backed-tmp'], test, 'reads past the cache leave nothing in it', async () => {
  const path = join(directory, 'uncached');
  writeFileSync(path, content);
  const handle = await open(path);
  assert.ok(cached(path) > 0);
  assert.is(await dropPageCache(handle), true);
  await handle.close();
  assert.is(cached(path), 0);
  await hashDirect(path);
  assert.is(cached(path), 0);
});

needs(memory, test, 'tmpfs takes O_DIRECT on new kernels and still reads from memory: it is said to', async () => {
  const place = mkdtempSync('/dev/shm/blobcheck-test-');
  try {
    const path = join(place, 'file');
    writeFileSync(path, content);
    const hashed = await hashDirect(path);
    assert.is(hashed.readFrom, 'cache');
    assert.is(hashed.digest, sha256(content));
  } finally {
    rmSync(place, { recursive: true });
  }
});

test('what is no regular file is told as openRegular tells it', async () => {
  const link = join(directory, 'link');
  symlinkSync(join(directory, 'direct-1'), link);
  mkdirSync(join(directory, 'folder'));
  assert.equal(await openDirect(link), { kind: 'not-regular', what: 'symlink' });
  assert.equal(await openDirect(join(directory, 'folder')), { kind: 'not-regular', what: 'directory' });
  assert.equal(await openDirect(join(directory, 'absent')), { kind: 'missing' });
});

test('pages that cannot be dropped are no error', async () => {
  const handle = await open('/dev/null');
  assert.type(await dropPageCache(handle), 'boolean');
  await handle.close();
});

test.run();
