import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ReadingNote } from '../../lib/trust/reading-note.js';
import { readerOf } from '../../lib/verify/reader.js';

const test = suite('the process that reads a blob');

const note: ReadingNote = {
  version: 1,
  blob: 'ab'.repeat(32),
  pid: 4711,
  started: '12345',
  boot: 'boot',
  pidNamespace: 'pid:[1]',
  host: 'node1',
  bytesDone: 1.2e9,
  bytesTotal: 3.2e9,
  since: '2026-11-24T12:00:00.000Z',
  seconds: 1.5,
  at: '2026-11-24T12:00:01.500Z',
};

const at = Date.parse(note.at);

test('has a rate since it began, and a time that is left', () => {
  assert.equal(readerOf(note, 'here', at + 240), {
    pid: 4711,
    host: 'node1',
    since: '2026-11-24T12:00:00.000Z',
    bytesDone: 1.2e9,
    bytesTotal: 3.2e9,
    bytesPerSecond: 8e8,
    secondsLeft: 2.5,
    silentSeconds: 0.2,
    stalled: false,
  });
});

test('has neither before its first bytes', () => {
  for (const early of [{ bytesDone: 0 }, { seconds: 0 }]) {
    const reader = readerOf({ ...note, ...early }, 'here', at);
    assert.equal([reader?.bytesPerSecond, reader?.secondsLeft], [null, null]);
  }
});

test('is stalled when it has said nothing for more than 5 s, and then nobody knows what is left', () => {
  const slow = readerOf(note, 'here', at + 5_000);
  assert.equal([slow?.stalled, slow?.secondsLeft, slow?.silentSeconds], [false, 2.5, 5]);
  const stopped = readerOf(note, 'here', at + 12_345);
  assert.equal([stopped?.stalled, stopped?.secondsLeft, stopped?.silentSeconds], [true, null, 12.3]);
  assert.is(stopped?.bytesPerSecond, 8e8);
});

test('is there as long as it lives, however silent, and never once it is dead', () => {
  assert.is(readerOf(note, 'here', at + 1e9)?.stalled, true);
  assert.is(readerOf(note, 'dead', at), null);
});

test('that cannot be asked is believed for a minute, by either clock', () => {
  assert.is(readerOf(note, 'elsewhere', at + 60_000)?.stalled, true);
  assert.is(readerOf(note, 'elsewhere', at + 60_001), null);
  assert.is(readerOf(note, 'elsewhere', at - 60_000)?.stalled, false);
  assert.is(readerOf(note, 'elsewhere', at - 60_001), null);
});

test('is not silent for less than no time when a clock went back, nor is less than nothing left', () => {
  assert.is(readerOf(note, 'here', at - 1e9)?.silentSeconds, 0);
  assert.is(readerOf({ ...note, bytesDone: 4e9 }, 'here', at)?.secondsLeft, 0);
});

test.run();
