import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { confirmFromMedium } from '../../lib/digest/confirm.js';
import { hashFile } from '../../lib/digest/hash-file.js';
import { BlobcheckError } from '../../lib/errors.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('digest/confirm');
const directory = temporaryDirectory();
const content = randomBytes(9_000_001);
const digest = createHash('sha256').update(content).digest('hex');
const onDisk = spawnSync('stat', ['-f', '-c', '%T', directory], { encoding: 'utf8' }).stdout.trim() !== 'tmpfs';
let files = 0;

function file(): string {
  const path = join(directory, `file-${files++}`);
  fs.writeFileSync(path, content);
  return path;
}

for (const engine of ['native', 'wasm'] as const) {
  test(`a healthy file has the same digest again by the engine that is not ${engine}`, async () => {
    const path = file();
    const first = await hashFile(path, { engine });
    const second = await confirmFromMedium(path, { judged: first.after, engine });
    assert.is(second?.digest, digest);
    assert.is.not(second?.engine, engine);
    assert.is(second?.changed, null);
    assert.is(second?.readFrom, onDisk ? 'disk' : 'cache');
  });
}

needs(['dd', 'fincore', 'disk-backed-tmp'], test, 'the cached pages of the file are dropped', async () => {
  const path = file();
  const cached = () => Number(execFileSync('fincore', ['--noheadings', '--bytes', '--output', 'RES', path]).toString());
  const { after } = await hashFile(path);
  assert.ok(cached() > 0);
  await confirmFromMedium(path, { judged: after });
  assert.is(cached(), 0);
});

test('a file that was written to since the first read is changed', async () => {
  const path = file();
  await settled(path);
  const { after } = await hashFile(path);
  const fd = fs.openSync(path, 'r+');
  fs.writeSync(fd, 'x');
  fs.closeSync(fd);
  assert.is((await confirmFromMedium(path, { judged: after }))?.changed, 'content');
});

test('another file of that name, with the same bytes, is a replacement', async () => {
  const path = file();
  const { after } = await hashFile(path);
  fs.renameSync(file(), path);
  assert.is((await confirmFromMedium(path, { judged: after }))?.changed, 'replaced');
});

test('a file that is gone, or a link in its place, is null', async () => {
  const path = file();
  const { after } = await hashFile(path);
  fs.renameSync(path, `${path}.moved`);
  assert.is(await confirmFromMedium(path, { judged: after }), null);
  fs.symlinkSync(`${path}.moved`, path);
  assert.is(await confirmFromMedium(path, { judged: after }), null);
});

test('a signal ends the confirming read too', async () => {
  const path = file();
  const { after } = await hashFile(path);
  try {
    await confirmFromMedium(path, { judged: after, signal: AbortSignal.abort() });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, BlobcheckError);
    assert.is((error as BlobcheckError).code, 'aborted');
  }
});

// The identity stays, the cache holds the good bytes, and only a read from the medium tells.
needs(
  ['losetup', 'loop-device', 'mkfs.ext4', 'debugfs', 'mount-namespace', 'root'],
  test,
  'a byte that rots on the disk while the cache is good is found by the confirming read alone',
  () => {
    const script = fileURLToPath(new URL('rotten-disk.sh', import.meta.url));
    const child = fileURLToPath(new URL('confirm-child.ts', import.meta.url));
    const place = temporaryDirectory();
    const run = spawnSync('unshare', ['--mount', 'sh', script, place, process.execPath, child], { encoding: 'utf8' });
    assert.is(run.status, 0, run.stderr);
    const answer = JSON.parse(run.stdout);
    assert.is(answer.first, answer.written);
    assert.is.not(answer.second, answer.written);
    assert.is(answer.changed, null);
    assert.is(answer.readFrom, 'disk');
  },
);

test.run();
