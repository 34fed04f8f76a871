import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { readSuperblock } from '../../../lib/erofs/read-superblock.js';
import { judgeErofs } from '../../../lib/verify/rules/erofs.js';
import { buildErofs, sealErofs } from '../../builders/erofs.js';
import { assertOfCatalogue } from '../answers/findings-of-the-catalogue.js';
import { byteEdit, editedBytes } from '../inputs/byte-edits.js';
import { property } from '../property.js';

const SUPERBLOCK = 1024;
const seeds = [
  buildErofs({ blockSize: 512, content: Buffer.alloc(3000, 'x') }),
  buildErofs({ content: Buffer.alloc(9000, 'x'), volumeName: 'layer', uuid: '0123456789abcdef0123456789abcdef' }),
  buildErofs({ checksum: false }),
];

const numbers = [0, 1, 2, 8, 9, 12, 16, 17, 31, 36, 63, 127, 128, 255, 1024, 65535, 2 ** 31, 2 ** 32 - 1];
/** A number of one, two or four bytes somewhere in the superblock or the root's inode behind it. */
const field = fc.record({
  at: fc.nat(255),
  bytes: fc.constantFrom(1, 2, 4),
  value: fc.oneof(fc.constantFrom(...numbers), fc.nat(2 ** 31 - 1)),
});

/** Reads it, and returns what was read; nothing is asked for that no file can have, and little in all. */
async function readCounted(file: Buffer, size: number) {
  let asked = 0;
  const read = await readSuperblock(async (offset, length) => {
    assert.ok(Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(length) && length >= 0);
    asked += length;
    return Buffer.from(file.subarray(offset, Math.min(offset + length, size)));
  }, size);
  assert.ok(asked <= 65_536 + 4096, `${asked} bytes were asked for`);
  assertOfCatalogue(judgeErofs(read, 'x'));
  return read;
}

export const properties = [
  property({
    name: 'an EROFS image whose fields hold anything is read within limits, and never larger than its file',
    inputs: fc.record({
      seed: fc.nat(seeds.length - 1),
      fields: fc.array(field, { maxLength: 4 }),
      edits: fc.array(byteEdit, { maxLength: 1 }),
      isSealed: fc.constantFrom(true, true, false),
      size: fc.option(fc.constantFrom(0, 1, 4096, 2 ** 31, 2 ** 44, Number.MAX_SAFE_INTEGER), { nil: null, freq: 3 }),
    }),
    holds: async ({ seed, fields, edits, isSealed, size }) => {
      let file: Buffer = Buffer.from(seeds[seed] as Buffer);
      for (const { at, bytes, value } of fields) file.writeUIntLE(value % 2 ** (8 * bytes), SUPERBLOCK + at, bytes);
      file = editedBytes(file, edits);
      if (isSealed && file.length >= 2048 && file.readUInt8(SUPERBLOCK + 12) <= 16) sealErofs(file);
      const fileSize = size ?? file.length;
      const read = await readCounted(file, fileSize);
      if (read.kind !== 'ok') return;
      const { imageBytes, blockSize, blocks, superblockBytes } = read.superblock;
      assert.is(file.readUInt32LE(SUPERBLOCK), 0xe0f5e1e2);
      assert.is(blockSize, 2 ** file.readUInt8(SUPERBLOCK + 12));
      assert.is(imageBytes, blocks * blockSize);
      assert.ok(imageBytes <= fileSize && SUPERBLOCK + superblockBytes <= imageBytes);
    },
    quickRuns: 2000,
  }),
  property({
    name: 'whatever stands in an EROFS image’s place is read within limits',
    inputs: fc.record({
      bytes: fc.uint8Array({ maxLength: 4096, size: 'max' }).map((bytes) => Buffer.from(bytes)),
      hasMagic: fc.boolean(),
      size: fc.constantFrom(0, 1200, 4096, 2 ** 44),
    }),
    holds: async ({ bytes, hasMagic, size }) => {
      const file = Buffer.concat([Buffer.alloc(SUPERBLOCK), bytes]);
      if (hasMagic && bytes.length >= 128) {
        file.writeUInt32LE(0xe0f5e1e2, SUPERBLOCK);
        // Without the bit of the checksum, which random bytes never have right.
        file.writeBigUInt64LE(0n, SUPERBLOCK + 4);
        file.writeUInt8(9 + ((bytes[12] ?? 0) % 8), SUPERBLOCK + 12);
      }
      await readCounted(file, size);
    },
    quickRuns: 500,
  }),
];
