import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCrc32 } from '../../lib/archive/crc32.js';

const test = suite('CRC-32');

test('it is the one of RFC 1952, in any number of pieces, with zlib and without', async () => {
  // The check value of CRC-32/ISO-HDLC.
  const text = Buffer.from('123456789');
  for (const engine of [await createCrc32(), await createCrc32(null)]) {
    for (const byte of text) engine.update(Buffer.of(byte));
    assert.is(engine.value(), 0xcbf43926);
  }
  assert.is((await createCrc32(null)).value(), 0);
  assert.is((await createCrc32()).value(), 0);
});

test.run();
