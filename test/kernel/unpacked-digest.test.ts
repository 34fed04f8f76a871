import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { unpackedDigest } from '../../lib/kernel/unpacked-digest.js';
import { frameBytes } from '../builders/zstd.js';
import { sha256 } from '../support/sha256.js';

const test = suite('unpackedDigest');

const elf = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(200, 'kernel')]);
const stub = Buffer.from('MZ, and the code that unpacks');
const rest = Buffer.from('what the linker puts behind it');

/** One frame of one segment and one raw block (RFC 8878, 3.1.1): fewer than 256 bytes. */
function zstd(content: Buffer): Buffer {
  const block = (content.length << 3) | 1;
  const head = [0x28, 0xb5, 0x2f, 0xfd, 0x20, content.length, block & 0xff, (block >> 8) & 0xff, block >> 16];
  return Buffer.concat([Buffer.from(head), content]);
}

test('zstd counts whatever follows it', async () => {
  for (const tail of [Buffer.alloc(0), rest, Buffer.alloc(300_000)]) {
    assert.is(await unpackedDigest(Buffer.concat([stub, zstd(elf), tail])), sha256(elf));
  }
});

test('zstd counts in several frames, one of which may be empty', async () => {
  const empty = frameBytes({ blocks: [] });
  const skipped = Buffer.from('5f2a4d1803000000abcdef', 'hex');
  assert.is(
    await unpackedDigest(Buffer.concat([stub, zstd(elf), empty, skipped, zstd(rest), rest])),
    sha256(Buffer.concat([elf, rest])),
  );
});

test('zstd that is damaged proves nothing', async () => {
  const frame = Buffer.from('28b52ffd0038', 'hex');
  const compressed = Buffer.from([0x05 | (40 << 3), (40 << 3) >> 8, 0, ...Buffer.alloc(40, 0xff)]);
  assert.is(await unpackedDigest(Buffer.concat([stub, zstd(elf), frame, compressed])), null);
  assert.is(await unpackedDigest(Buffer.concat([stub, zstd(elf).subarray(0, -1)])), null);
});

test('forty kernels of the largest window are unpacked one after the other', async () => {
  for (let count = 0; count < 40; count++) {
    const frame = frameBytes({ blocks: [{ raw: elf }, { repeated: count, times: 2 ** 17 }], windowBits: 27 });
    const content = Buffer.concat([elf, Buffer.alloc(2 ** 17, count)]);
    assert.is(await unpackedDigest(Buffer.concat([stub, frame, rest])), sha256(content));
  }
});

test('gzip counts only where nothing follows it: cocoon unpacks no other', async () => {
  assert.is(await unpackedDigest(Buffer.concat([stub, gzipSync(elf)])), sha256(elf));
  for (const tail of [rest, Buffer.alloc(1), Buffer.alloc(512)]) {
    assert.is(await unpackedDigest(Buffer.concat([stub, gzipSync(elf), tail])), null);
  }
});

for (const [what, pack] of [
  ['zstd', zstd],
  ['gzip', gzipSync],
] as const) {
  test(`${what}: what is packed and is no ELF file proves nothing`, async () => {
    assert.is(await unpackedDigest(Buffer.concat([stub, pack(rest)])), null);
    assert.is(await unpackedDigest(Buffer.concat([stub, pack(Buffer.alloc(0))])), null);
  });
}

test('gzip counts where what looks like zstd leads to nothing, as cocoon tries them', async () => {
  assert.is(await unpackedDigest(Buffer.concat([Buffer.from('28b52ffd', 'hex'), stub, gzipSync(elf)])), sha256(elf));
});

test('nothing packed, or too much, proves nothing', async () => {
  assert.is(await unpackedDigest(elf), null);
  assert.is(await unpackedDigest(Buffer.alloc(0)), null);
  const bomb = Buffer.concat([elf, Buffer.alloc(256 * 2 ** 20)]);
  assert.is(await unpackedDigest(gzipSync(bomb, { level: 1 })), null);
});

test.run();
