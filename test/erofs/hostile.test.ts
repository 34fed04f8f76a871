import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readSuperblock } from '../../lib/erofs/read-superblock.js';
import { buildErofs } from '../builders/erofs.js';
import { flawOf, readBuffer } from './in-memory.js';

const test = suite('EROFS hostile bytes');

/** Reads what there is to read; returns its kind. No read may be outside of what a file can have. */
async function kindOf(file: Buffer, fileSize = file.length): Promise<string> {
  let asked = 0;
  const read = async (offset: number, length: number) => {
    assert.ok(offset >= 0 && Number.isSafeInteger(offset) && Number.isSafeInteger(length));
    asked += length;
    return readBuffer(file)(offset, length);
  };
  const { kind } = await readSuperblock(read, fileSize);
  assert.ok(asked <= 65536, `${asked} bytes were read`);
  return kind;
}

const original = buildErofs({ blockSize: 512, content: Buffer.alloc(3000, 'x') });

test('every flipped bit that the checksum covers is found', async () => {
  const image = buildErofs();
  for (let at = 1024; at < image.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      image.writeUInt8(image.readUInt8(at) ^ (1 << bit), at);
      const expected = at < 1028 ? 'not-erofs' : 'malformed';
      assert.is(await kindOf(image), expected, `bit ${bit} of byte ${at}`);
      image.writeUInt8(image.readUInt8(at) ^ (1 << bit), at);
    }
  }
  assert.is(await kindOf(image), 'ok');
});

test('a file may end anywhere', async () => {
  for (let length = 0; length < original.length; length += 7) {
    assert.is.not(await kindOf(original.subarray(0, length)), 'ok');
  }
});

test('a size that the file does not have ends in no error', async () => {
  const huge = buildErofs({ edit: (image) => image.writeUInt32LE(0xffff_ffff, 1060) });
  for (const size of [0, 1, 4096, 2 ** 44, Number.MAX_SAFE_INTEGER]) {
    await kindOf(original, size);
    await kindOf(huge, size);
  }
  assert.is(await kindOf(huge, 2 ** 44), 'ok');
  assert.is(await kindOf(huge, 2 ** 44 - 4097), 'malformed');
});

test('a root inode that the file no longer has is malformed', async () => {
  const away = buildErofs({
    edit: (image) => {
      image.writeUInt32LE(100, 1060);
      image.writeUInt32LE(50, 1064);
    },
  });
  assert.is(await kindOf(away, 100 * 4096), 'malformed');
  assert.match(await flawOf(Buffer.concat([away, Buffer.alloc(99 * 4096)])), 'the root inode is no directory');
});

test.run();
