import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { headerOf } from '../qcow2/in-memory.js';
import { run } from '../qcow2/qemu-img.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { anatomyOf } from './anatomy.js';
import { resize } from './ask-qemu.js';
import { makeBlobs } from './images.js';
import { judgeFile } from './judge.js';

const test = suite('a bitmap that is said to be where the L2 table is');

/** The refcount that the image has for the cluster of its only L2 table. */
function refcountOfL2(path: string): number {
  const file = readFileSync(path);
  const { clusterSize, refcountBlocks, l2Tables } = anatomyOf(file);
  return file.readUInt16BE((refcountBlocks[0] as number) + ((l2Tables[0] as number) / clusterSize) * 2);
}

needs(['qemu-img', 'qemu-io', 'sha256sum'], test, 'is denied: growing the disk, QEMU frees the L2 table', async () => {
  const directory = temporaryDirectory();
  const blobs = makeBlobs(directory);
  const path = join(directory, 'overlay.qcow2');
  run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', blobs.base, '-F', 'qcow2', path);
  run('qemu-io', '-f', 'qcow2', '-c', 'write -P 1 1M 1M', path);
  run('qemu-img', 'bitmap', '--add', path, 'one');
  const file = readFileSync(path);
  const bitmaps = (await headerOf(file)).extensions.find((extension) => extension.bitmaps !== null)?.bitmaps;
  // The first field of the directory's first entry is where the table of the bitmap is.
  file.writeBigUInt64BE(BigInt(anatomyOf(file).l2Tables[0] as number), Number(bitmaps?.directoryOffset));
  writeFileSync(path, file);
  const judged = await judgeFile(path, 'overlay', blobs.directory);
  assert.equal(
    judged.errors.map(({ code }) => code),
    ['overlay-unsupported'],
  );
  assert.is(refcountOfL2(path), 1);
  copyFileSync(path, `${path}.copy`);
  assert.is(await resize(`${path}.copy`, '+1M'), null);
  assert.is(refcountOfL2(`${path}.copy`), 0, 'Cloud Hypervisor would hand the L2 table to the guest');
});

test.run();
