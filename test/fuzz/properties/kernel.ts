import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { unpackedDigest } from '../../../lib/kernel/unpacked-digest.js';
import { type Frame, frameBytes, frameContent } from '../../builders/zstd.js';
import { sha256 } from '../../support/sha256.js';
import { byteEdit, editedBytes } from '../inputs/byte-edits.js';
import { property } from '../property.js';

const ELF = Buffer.from('\x7fELF', 'latin1');
const ZSTD_MAGIC = Buffer.from('28b52ffd', 'hex');
const GZIP_MAGIC = Buffer.from('1f8b08', 'hex');

const block = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ raw: Buffer.from(bytes) })),
  fc.record({ repeated: fc.nat(255), times: fc.oneof(fc.nat(1000), fc.constant(2 ** 17)) }),
);
const frame: fc.Arbitrary<Frame> = fc.record({
  blocks: fc.array(block, { maxLength: 4 }),
  windowBits: fc.constantFrom(17, 20, 27),
});
/** What the linker puts behind it; nothing that a reader might take for one more frame. */
const tail = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  fc.constantFrom('00', '0000000000000000', '001f8b08', '42', 'd8e70000').map((hex) => Buffer.from(hex, 'hex')),
);

/** A frame of zeros without an end, each of whose blocks is 128 KiB in four bytes. */
const bomb = (blocks: number): Frame => ({
  blocks: Array.from({ length: blocks }, () => ({ repeated: 0, times: 2 ** 17 })),
});

export const properties = [
  property({
    name: 'a zstd kernel is unpacked to what was packed, whatever follows it',
    inputs: fc.record({ frames: fc.array(frame, { minLength: 1, maxLength: 3 }), isElf: fc.boolean(), tail }),
    holds: async ({ frames, isElf, tail }) => {
      const begin: Frame = { blocks: [{ raw: isElf ? ELF : Buffer.from('MZ..') }] };
      const all = [begin, ...frames];
      const packed = Buffer.concat([Buffer.from('stub'), ...all.map(frameBytes), tail]);
      const content = Buffer.concat(all.map(frameContent));
      assert.is(await unpackedDigest(packed), isElf ? sha256(content) : null);
    },
    quickRuns: 200,
  }),
  property({
    name: 'a gzip kernel is unpacked to what was packed, and only where nothing follows it',
    inputs: fc.record({ content: fc.uint8Array({ maxLength: 2000 }), members: fc.integer({ min: 1, max: 3 }), tail }),
    holds: async ({ content, members, tail }) => {
      const parts = [ELF, ...Array.from({ length: members - 1 }, () => Buffer.from(content))];
      const packed = Buffer.concat([Buffer.from('stub'), ...parts.map((part) => gzipSync(part)), tail]);
      // Chance may put the magic of zstd into it.
      if (packed.includes(ZSTD_MAGIC)) return;
      assert.is(await unpackedDigest(packed), tail.length === 0 ? sha256(Buffer.concat(parts)) : null);
    },
    quickRuns: 200,
  }),
  property({
    name: 'a kernel of any bytes gives a digest or nothing',
    inputs: fc.record({
      frames: fc.array(frame, { minLength: 1, maxLength: 2 }),
      isGzip: fc.boolean(),
      edits: fc.array(byteEdit, { minLength: 1, maxLength: 4 }),
    }),
    holds: async ({ frames, isGzip, edits }) => {
      const content = Buffer.concat([ELF, ...frames.map(frameContent)]);
      const packed = isGzip ? gzipSync(content) : Buffer.concat(frames.map(frameBytes));
      const edited = editedBytes(packed, edits);
      // Where the magic is lost nothing is unpacked.
      isGzip ? GZIP_MAGIC.copy(edited) : ZSTD_MAGIC.copy(edited);
      const digest = await unpackedDigest(edited);
      assert.ok(digest === null || /^[0-9a-f]{64}$/.test(digest));
    },
    quickRuns: 300,
  }),
  property({
    name: 'a kernel that unpacks to gigabytes gives nothing',
    inputs: fc.record({ blocks: fc.integer({ min: 2049, max: 40_000 }), isElf: fc.boolean() }),
    holds: async ({ blocks, isElf }) => {
      const begin: Frame = { blocks: isElf ? [{ raw: ELF }] : [] };
      assert.is(await unpackedDigest(Buffer.concat([frameBytes(begin), frameBytes(bomb(blocks))])), null);
    },
    quickRuns: 2,
  }),
];
