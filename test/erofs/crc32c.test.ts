import { createCRC32 } from 'hash-wasm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { crc32c } from '../../lib/erofs/crc32c.js';
import { fillPseudoRandom } from '../builders/qcow2.js';

const test = suite('CRC-32C');

/** RFC 3720, appendix B.4, and the check value of "123456789". */
const known: readonly (readonly [string, Uint8Array, number])[] = [
  ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
  ['32 ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
  ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e],
  ['31 to 0', Buffer.from(Array.from({ length: 32 }, (_, at) => 31 - at)), 0x113fdb5c],
  ['digits', Buffer.from('123456789'), 0xe3069283],
  ['nothing', Buffer.alloc(0), 0],
];

for (const [name, bytes, expected] of known) {
  test(`of ${name}`, () => assert.is(crc32c(bytes), expected));
}

test('parts count as one', () => {
  const bytes = Buffer.from('123456789');
  for (let at = 0; at <= 9; at++) assert.is(crc32c(bytes.subarray(0, at), bytes.subarray(at)), 0xe3069283);
});

test('of an image’s magic and a checksum of zero it is what Linux goes on from', () => {
  // fs/erofs/super.c of Linux 6.18; older ones start from the magic.
  assert.is(~crc32c(Buffer.from('e2e1f5e000000000', 'hex')) >>> 0, 0x5045b54a);
});

test('the same as hash-wasm’s', async () => {
  const other = await createCRC32(0x82f63b78);
  const words = new Uint32Array(256);
  let state = 7;
  for (let length = 0; length <= 1024; length += 31) {
    state = fillPseudoRandom(words, state);
    const bytes = Buffer.from(words.buffer, 0, length);
    assert.is(crc32c(bytes).toString(16).padStart(8, '0'), other.init().update(bytes).digest());
  }
});

test.run();
