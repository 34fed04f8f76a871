import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readSuperblock } from '../../lib/erofs/read-superblock.js';
import { buildErofs, sealErofs } from '../builders/erofs.js';
import { fillPseudoRandom } from '../builders/qcow2.js';
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

const interesting = [0, 1, 2, 8, 9, 12, 16, 17, 31, 36, 63, 127, 128, 255, 0x7f, 0x80, 0xff];

test('any field may hold anything, with a checksum that is right', async () => {
  const words = new Uint32Array(8);
  let state = 1;
  const kinds = new Set<string>();
  for (let round = 0; round < 4000; round++) {
    state = fillPseudoRandom(words, state);
    const file = Buffer.from(original);
    for (let at = 0; at < 4; at++) {
      const value = interesting[(words[at + 4] as number) % interesting.length] as number;
      file.writeUInt8(value, 1028 + ((words[at] as number) % 160));
    }
    if (round % 4 > 0) sealErofs(file);
    kinds.add(await kindOf(file));
  }
  assert.equal([...kinds].sort(), ['malformed', 'ok', 'unsupported']);
});

test('a superblock may be random but for its magic and block size', async () => {
  const words = new Uint32Array(64);
  let state = 2;
  for (let round = 0; round < 2000; round++) {
    state = fillPseudoRandom(words, state);
    const file = Buffer.from(original);
    Buffer.from(words.buffer).copy(file, 1028);
    file.writeUInt8(9 + (round % 8), 1036);
    file.writeUInt32LE((words[0] as number) & 0x1ff, 1104);
    file.writeUInt8(0, 1114);
    sealErofs(file);
    assert.is.not(await kindOf(file), 'not-erofs');
    await kindOf(file, Number.MAX_SAFE_INTEGER);
  }
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
