import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flaw } from './in-memory.js';

const test = suite('the inodes that a mount of an EROFS image reads first');

const FRAGMENTS = 0x20;
const WIDE = 0x80;
const METABOX = 0x100;

test('the root inode is a directory in the image', async () => {
  const root = (nid: number) => (image: Buffer) => image.writeUInt16LE(nid, 1038);
  assert.is(await flaw(root(128)), 'malformed at 1038: the root inode, 128, lies outside the image');
  assert.is(await flaw(root(127)), 'malformed at 4068: the root inode is no directory (mode 00)');
  assert.match(await flaw(root(39), { content: Buffer.from('x') }), 'the root inode is no directory (mode 0100644)');
  const moved = (block: number) => (image: Buffer) => image.writeUInt32LE(block, 1064);
  assert.is(await flaw(moved(1)), 'malformed at 1038: the root inode, 36, lies outside the image');
  assert.match(await flaw(moved(0xffff_ffff)), 'lies outside the image');
});

test('the root inode has a format that Linux knows', async () => {
  const format = (value: number) => (image: Buffer) => image.writeUInt16LE(value, 1152);
  for (const known of [0x4, 0x5, 0x8, 0x9, 0x14]) assert.is(await flaw(format(known)), 'ok');
  for (const unknown of [0xa, 0xe, 0x24, 0x8004]) {
    assert.is(
      await flaw(format(unknown)),
      `malformed at 1152: the root inode has the format 0x${unknown.toString(16)}`,
    );
  }
  // An extended inode has 64 bytes.
  const last = (nid: number) => (image: Buffer) => {
    image.copy(image, nid * 32, 1152, 1184);
    image.writeUInt16LE(5, nid * 32);
    image.writeUInt16LE(nid, 1038);
  };
  assert.is(await flaw(last(126)), 'ok');
  assert.is(await flaw(last(127)), 'malformed at 1038: the root inode, 127, lies outside the image');
});

test('the inode of the fragments lies in the image', async () => {
  const packed = (nid: bigint) => (image: Buffer) => image.writeBigUInt64LE(nid, 1120);
  const spec = { featureIncompat: FRAGMENTS };
  for (const nid of [0n, 36n, 127n]) assert.is(await flaw(packed(nid), spec), 'ok');
  for (const nid of [128n, 1n << 63n, 2n ** 64n - 1n]) {
    const outside = `malformed at 1120: the inode of the fragments, ${nid}, lies outside the image`;
    assert.is(await flaw(packed(nid), spec), outside);
    assert.is(await flaw(packed(nid)), 'ok');
  }
});

test('the inode of compressed metadata stands in the superblock and lies in the image', async () => {
  const metabox =
    (nid: bigint, slots = 1) =>
    (image: Buffer) => {
      image.copy(image, 1184, 1152, 1248);
      image.writeUInt8(slots, 1037);
      image.writeUInt16LE(37, 1038);
      image.writeBigUInt64LE(nid, 1152);
    };
  const spec = { featureIncompat: METABOX };
  assert.is(await flaw(metabox(37n), spec), 'ok');
  const short = 'malformed at 1037: the superblock ends before the inode of the compressed metadata';
  assert.is(await flaw(metabox(37n, 0), spec), short);
  for (const nid of [128n, 1n << 63n]) {
    const outside = `malformed at 1152: the inode of the compressed metadata, ${nid}, lies outside the image`;
    assert.is(await flaw(metabox(nid), spec), outside);
  }
});

test('a root within compressed metadata is taken on trust, and only there', async () => {
  const inMetabox = (image: Buffer) => {
    image.writeUInt8(1, 1037);
    image.writeBigUInt64LE(37n, 1152);
    image.writeBigUInt64LE((1n << 63n) | 5n, 1136);
    image.writeUInt16LE(0, 1038);
  };
  assert.is(await flaw(inMetabox, { featureIncompat: WIDE | METABOX }), 'ok');
  assert.match(await flaw(inMetabox, { featureIncompat: WIDE }), 'malformed at 1136: the root inode');
});

test.run();
