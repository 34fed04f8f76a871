import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDuration } from '../../lib/cli/duration.js';

const test = suite('durations');

test('seconds, minutes and hours; without a unit seconds', () => {
  const cases = { 90: 90_000, '90s': 90_000, '1': 1000, '10m': 600_000, '1h': 3_600_000, '9999999s': 9_999_999_000 };
  for (const [text, milliseconds] of Object.entries(cases)) assert.is(parseDuration(text), milliseconds, text);
});

test('anything else is none: nothing, zero, a sign, a fraction, another unit, two of them, a space, more digits', () => {
  for (const text of [
    '',
    '0',
    '0s',
    '007',
    '-1',
    '+1',
    '1.5h',
    '1e3',
    '0x10',
    '10d',
    '10M',
    's',
    '1h30m',
    ' 1',
    '1 ',
    '1\n',
    '10000000',
  ]) {
    assert.is(parseDuration(text), null, JSON.stringify(text));
  }
});

test.run();
