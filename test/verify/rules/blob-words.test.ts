import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blobWords } from '../../../lib/verify/rules/blob-words.js';

const test = suite('what findings say of a blob');

const hex = 'ab'.repeat(32);

test('a base must hash to its name, if nothing else is known of it', () => {
  const digest = `sha256:${hex}`;
  assert.equal(blobWords(hex), { noun: 'base', byName: digest, expected: digest });
});

test('a layer or a boot file never does, and is called by its name', () => {
  for (const [name, noun] of [
    [`${hex}.erofs`, 'layer'],
    [`${hex}.vmlinuz`, 'kernel'],
    [`${hex}.initrd.img`, 'initial RAM disk'],
    [`${hex}.vmlinux`, 'unpacked kernel'],
  ] as const) {
    assert.equal(blobWords(name), { noun, byName: null, expected: name });
  }
});

test('what is no name of a blob is a base that nothing hashes to', () => {
  assert.equal(blobWords('other'), { noun: 'base', byName: 'sha256:other', expected: 'sha256:other' });
});

test.run();
