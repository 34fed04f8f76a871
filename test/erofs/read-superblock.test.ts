import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readSuperblock } from '../../lib/erofs/read-superblock.js';
import { buildErofs } from '../builders/erofs.js';
import { flaw, flawOf, readImage, superblockOf } from './in-memory.js';

const test = suite('the superblock of an EROFS image');

const DEVICES = 0x8;
const WIDE = 0x80;

test('all its fields', async () => {
  const image = buildErofs({
    content: Buffer.alloc(5000, 'x'),
    uuid: 'f2e9c4f5941257edaeaf49edd19048c3',
    volumeName: 'layer',
    featureCompat: 0x2,
  });
  assert.equal(await superblockOf(image), {
    blockSize: 4096,
    blocks: 3,
    imageBytes: 12288,
    uuid: 'f2e9c4f5-9412-57ed-aeaf-49edd19048c3',
    volumeName: 'layer',
    featureCompat: 3,
    featureIncompat: 0,
    features: { compatible: ['sb-chksum', 'mtime'], incompatible: [] },
    hasChecksum: true,
    superblockBytes: 128,
    rootNid: 36n,
    inodes: 2n,
    extraDevices: 0,
    compressionAlgorithms: [],
  });
});

for (const blockSize of [512, 1024, 2048, 4096, 8192, 65536]) {
  test(`blocks of ${blockSize} bytes`, async () => {
    for (const bytes of [0, 1, blockSize, 70_000]) {
      const image = buildErofs({ blockSize, content: Buffer.alloc(bytes, 'x') });
      const superblock = await superblockOf(image);
      assert.equal([superblock.blockSize, superblock.imageBytes], [blockSize, image.length]);
    }
  });
}

test('other block sizes are malformed, however large', async () => {
  for (const bits of [0, 8, 17, 31, 32, 63, 255]) {
    const edit = (image: Buffer) => image.writeUInt8(bits, 1036);
    assert.is(await flaw(edit, { checksum: false }), `malformed at 1036: a block size of 2^${bits} bytes`);
  }
});

test('a file without the magic is no EROFS image', async () => {
  const image = buildErofs();
  image.writeUInt8(0xe3, 1024);
  assert.equal(await readImage(image), { kind: 'not-erofs' });
  for (const bytes of [0, 1, 1024, 1027]) {
    assert.equal(await readImage(buildErofs().subarray(0, bytes)), { kind: 'not-erofs' });
  }
});

test('a file that ends too soon is malformed, wherever it ends behind the magic', async () => {
  const image = buildErofs({ content: Buffer.alloc(5000) });
  for (const bytes of [1028, 1151]) {
    assert.is(await flawOf(image.subarray(0, bytes)), `malformed at ${bytes}: the file ends within the superblock`);
  }
  for (const bytes of [1152, 4095]) {
    assert.is(await flawOf(image.subarray(0, bytes)), `malformed at ${bytes}: the file ends within the first block`);
  }
  for (const bytes of [4096, image.length - 1]) {
    const expected = `malformed at ${bytes}: the image has 3 blocks of 4096 bytes, the file ${bytes} bytes`;
    assert.is(await flawOf(image.subarray(0, bytes)), expected);
  }
  assert.is(await flawOf(image), 'ok');
});

test('a file that is longer than its image is the caller’s to judge', async () => {
  const image = Buffer.concat([buildErofs(), Buffer.alloc(4096)]);
  assert.is((await superblockOf(image)).imageBytes, 4096);
});

test('the checksum covers the first block from the superblock on', async () => {
  const image = buildErofs({ content: Buffer.alloc(5000) });
  for (const at of [1033, 1064, 2000, 4095]) {
    const damaged = Buffer.from(image);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    assert.match(await flawOf(damaged), /^malformed at 1028: the checksum is 0x\w{8}, of what stands there 0x\w{8}$/);
  }
  for (const at of [0, 1023, 4096, image.length - 1]) {
    const damaged = Buffer.from(image);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    assert.is(await flawOf(damaged), 'ok', `byte ${at}`);
  }
});

test('of blocks that end before the superblock the checksum covers one block from there', async () => {
  for (const [blockSize, last] of [
    [512, 1535],
    [1024, 2047],
    [2048, 2047],
    [8192, 8191],
  ] as const) {
    const image = buildErofs({ blockSize, content: Buffer.alloc(20_000) });
    image.writeUInt8(1, last);
    assert.match(await flawOf(image), 'malformed at 1028', `${blockSize}`);
    image.writeUInt8(0, last);
    image.writeUInt8(1, last + 1);
    assert.is(await flawOf(image), 'ok', `${blockSize}`);
  }
});

test('an image without a checksum says so', async () => {
  const image = buildErofs({ checksum: false });
  assert.is((await superblockOf(image)).hasChecksum, false);
  image.writeUInt8(1, 4000);
  assert.is(await flawOf(image), 'ok');
});

test('a checksum without its feature bit has lost it', async () => {
  const image = buildErofs();
  image.writeUInt32LE(0, 1032);
  assert.is(await flawOf(image), 'malformed at 1032: there is a checksum, but its feature bit is not set');
});

test('what no kernel knows is unsupported, unless it is damage', async () => {
  const unknown = buildErofs({ featureIncompat: 0x8000_0204 });
  assert.is(await flawOf(unknown), 'unsupported: incompatible features unknown-9, unknown-31');
  unknown.writeUInt8(1, 3000);
  assert.match(await flawOf(unknown), 'malformed at 1028');
  assert.is(await flawOf(buildErofs({ featureIncompat: 0x54 })), 'ok');
  assert.is(await flawOf(buildErofs({ featureCompat: 0x4000_0000 })), 'ok');
  assert.is(await flaw((image) => image.writeUInt8(1, 1114)), 'unsupported: directory blocks of another size (1)');
});

test('the features by name', async () => {
  const { features } = await superblockOf(buildErofs({ featureCompat: 0x8000_0030, featureIncompat: 0x55 }));
  assert.equal(features, {
    compatible: ['sb-chksum', 'plain-xattr-pfx', 'ishare-xattrs', 'unknown-31'],
    incompatible: ['lz4-0padding', 'chunked-file', 'ztailpacking', 'xattr-prefixes'],
  });
});

test('the superblock lies within the smallest page', async () => {
  const slots = (count: number) => (image: Buffer) => image.writeUInt8(count, 1037);
  assert.is(await flaw(slots(184)), 'ok');
  assert.is(await flaw(slots(185)), 'malformed at 1037: a superblock of 3088 bytes');
  assert.is(await flaw(slots(185), { blockSize: 8192 }), 'ok');
  assert.is((await superblockOf(buildErofs({ edit: slots(1) }))).superblockBytes, 144);
});

test('blocks that do not even hold the superblock are malformed', async () => {
  const blocks = (count: number) => (image: Buffer) => image.writeUInt32LE(count, 1060);
  assert.is(await flaw(blocks(0)), 'malformed at 1060: 0 blocks of 4096 bytes have no room for the superblock');
  assert.match(await flaw(blocks(2), { blockSize: 512 }), 'malformed at 1060');
  assert.is(await flaw(blocks(3), { blockSize: 512 }), 'ok');
  assert.match(await flaw(blocks(0xffff_ffff)), 'the image has 4294967295 blocks of 4096 bytes, the file 4096 bytes');
});

test('with 48-bit addresses the number of blocks has 48 bits', async () => {
  const wide = (high: number) => (image: Buffer) => {
    image.writeBigUInt64LE(36n, 1136);
    image.writeUInt16LE(high, 1038);
  };
  const spec = { featureIncompat: WIDE };
  assert.is(await flaw(wide(0), spec), 'ok');
  const most = 'malformed at 4096: the image has 281470681743361 blocks of 4096 bytes, the file 4096 bytes';
  assert.is(await flaw(wide(0xffff), spec), most);
  // Without the feature, or without a root number of 8 bytes, these are 2 bytes of the root's number.
  assert.is(await flaw(wide(36)), 'ok');
  assert.is(await flaw((image) => image.writeUInt16LE(36, 1038), spec), 'ok');
  assert.is(await flaw(wide(1)), 'malformed at 36: the root inode is no directory (mode 00)');
});

test('other devices are counted, where there is a table of them', async () => {
  const devices = (count: number, slot: number) => (image: Buffer) => {
    image.writeUInt16LE(count, 1110);
    image.writeUInt16LE(slot, 1112);
  };
  assert.is((await superblockOf(buildErofs({ edit: devices(3, 9) }))).extraDevices, 0);
  const spec = { featureIncompat: DEVICES };
  assert.is((await superblockOf(buildErofs({ ...spec, edit: devices(3, 29) }))).extraDevices, 3);
  const past = 'malformed at 1112: the table of 3 devices ends past the end of the image';
  assert.is(await flaw(devices(3, 30), spec), past);
  assert.is(await flaw(devices(0, 0xffff), spec), 'ok');
  assert.match(await flaw(devices(0xffff, 0xffff), spec), 'table of 65535 devices');
});

test('a name ends at its first zero byte, or with its field', async () => {
  const nameOf = async (volumeName: string) => (await superblockOf(buildErofs({ volumeName }))).volumeName;
  assert.is(await nameOf(''), '');
  assert.is(await nameOf('a\0b'), 'a');
  assert.is(await nameOf('0123456789abcdef'), '0123456789abcdef');
  assert.is(await nameOf('\u001b[31m'), '\u001b[31m');
});

test('of an ordinary image 3072 bytes are read, and its root inode', async () => {
  const image = buildErofs({ content: Buffer.alloc(10_000) });
  const reads: [number, number][] = [];
  const read = async (offset: number, length: number) => {
    reads.push([offset, length]);
    return Buffer.from(image.subarray(offset, offset + length));
  };
  assert.is((await readSuperblock(read, image.length)).kind, 'ok');
  assert.equal(reads, [
    [1024, 3072],
    [1152, 32],
  ]);
});

test('what fails to read is thrown, not taken for an end', async () => {
  const failure = new Error('EIO');
  try {
    await readSuperblock(async () => Promise.reject(failure), 65536);
    assert.unreachable();
  } catch (error) {
    assert.is(error, failure);
  }
});

test.run();
