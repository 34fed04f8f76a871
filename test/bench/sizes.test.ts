import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSpeed } from '../../bench/openssl.js';
import { parseCount, parseSize, sizeText } from '../../bench/sizes.js';

const test = suite('bench/sizes');

test('a size is a whole number with a binary unit', () => {
  assert.is(parseSize('3G'), 3 * 2 ** 30);
  assert.is(parseSize('512M'), 512 * 2 ** 20);
  assert.is(parseSize('65536'), 65536);
  for (const text of ['', '0', '-1', '1.5G', '3g', '3GB', '1e9', ' 3G', '999999999T']) {
    assert.throws(() => parseSize(text), 'not a size', text);
  }
});

test('a count is a whole number of at least one', () => {
  assert.is(parseCount('7'), 7);
  for (const text of ['', '0', '-1', '1.5', 'x']) assert.throws(() => parseCount(text), 'not a count', text);
});

test('sizes are told with their unit', () => {
  assert.equal([1, 1023, 2 ** 20 * 100, 1.5 * 2 ** 30].map(sizeText), ['1 B', '1023 B', '100 MiB', '1.5 GiB']);
});

test('the rate of openssl speed is read in GB/s, in the spelling of OpenSSL 1.1 and 3', () => {
  assert.is(parseSpeed('type          65536 bytes\nsha256        1750000.00k\n'), 1.75);
  assert.is(parseSpeed('type          65536 bytes\nSHA256        1000000.00k\n'), 1);
  assert.throws(() => parseSpeed('speed: unknown option -bytes'), 'said nothing of sha256');
});

test.run();
