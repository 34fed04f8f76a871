import * as fs from 'node:fs';
import { open } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type HashedFile, hashFile, hashOpenFile } from '../../lib/digest/hash-file.js';
import type { Readable } from '../../lib/file/readable.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import { content, fileOf } from './files.js';

const test = suite('digest/hash-file, while the file changes');

/** Hashes a file and does something to it when its first buffer has been read. */
async function hashWhile(path: string, meddle: () => void): Promise<HashedFile> {
  await settled(path);
  let calls = 0;
  return await hashFile(path, { onProgress: () => (calls++ === 0 ? meddle() : undefined) });
}

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

test.run();
