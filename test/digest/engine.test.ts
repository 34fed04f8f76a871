import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createHasher, type EngineName, otherEngine } from '../../lib/digest/engine.js';

const test = suite('digest/engine');

// NIST CSRC, "Cryptographic Standards and Guidelines: Examples with Intermediate Values", SHA256.pdf; the empty message
// and the million are in FIPS 180-2, appendix B and NIST's SHAVS vectors.
const KNOWN: readonly (readonly [string, string, string])[] = [
  ['the empty message', '', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['"abc"', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'the message of 448 bits',
    'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a million a', 'a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
];

for (const engine of ['native', 'wasm'] satisfies EngineName[]) {
  for (const [name, message, digest] of KNOWN) {
    test(`${engine} gives NIST's answer for ${name}`, async () => {
      const hasher = await createHasher(engine);
      hasher.update(Buffer.from(message));
      assert.is(hasher.digest(), digest);
    });
  }

  test(`${engine} gives the same answer however the message is cut`, async () => {
    const message = Buffer.alloc(100_003, 'The quick brown fox');
    const whole = await createHasher(engine);
    whole.update(message);
    const pieces = await createHasher(engine);
    for (let at = 0, step = 1; at < message.length; at += step, step = (step * 7) % 4099) {
      pieces.update(message.subarray(at, at + step));
    }
    assert.is(pieces.digest(), whole.digest());
  });

  test(`two ${engine} hashers at once do not mix`, async () => {
    const [a, b] = [await createHasher(engine), await createHasher(engine)];
    a.update(Buffer.from('a'));
    b.update(Buffer.from('x'));
    a.update(Buffer.from('bc'));
    assert.is(a.digest(), KNOWN[1]?.[2]);
    assert.is.not(b.digest(), KNOWN[1]?.[2]);
  });
}

test('the other engine of each is the other', () => {
  assert.is(otherEngine('native'), 'wasm');
  assert.is(otherEngine('wasm'), 'native');
});

test.run();
