import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { withLock } from '../../lib/trust/lock.js';
import { type ReadingNote, readNote, startNote } from '../../lib/trust/reading-note.js';
import type { StateDirectory } from '../../lib/trust/state-directory.js';
import { readerNow, readerOf, watchReader } from '../../lib/verify/reader.js';
import { needs } from '../support/requires.js';
import { BLOB, place } from '../trust/states.js';

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

test('is stalled and far from the very millisecond on, and has a rate from the first byte and moment on', () => {
  const silent = [4_999, 5_000, 5_001].map((ms) => readerOf(note, 'here', at + ms)?.stalled);
  assert.equal(silent, [false, false, true]);
  const first = readerOf({ ...note, bytesDone: 1, bytesTotal: 3, seconds: 0.5 }, 'here', at);
  assert.equal([first?.bytesPerSecond, first?.secondsLeft], [2, 1]);
  assert.is(readerOf({ ...note, bytesDone: 4, bytesTotal: 4, seconds: 4 }, 'here', at + 2 ** 40)?.secondsLeft, null);
  const long = readerOf(note, 'here', at + 1e7);
  assert.is(long?.silentSeconds, 1e4);
});

test('is not silent for less than no time when a clock went back, nor is less than nothing left', () => {
  assert.is(readerOf(note, 'here', at - 1e9)?.silentSeconds, 0);
  assert.is(readerOf({ ...note, bytesDone: 4e9 }, 'here', at)?.secondsLeft, 0);
  assert.is(readerOf({ ...note, bytesDone: 3, bytesTotal: 3, seconds: 3 }, 'here', at)?.secondsLeft, 0);
});

async function turn(): Promise<{ readonly state: StateDirectory; take(work: () => Promise<void>): Promise<unknown> }> {
  const { state } = await place();
  const take = (work: () => Promise<void>) =>
    withLock(state, BLOB, {}, async (file) => {
      const writer = startNote(file, BLOB, 4096);
      await settledNote(state);
      await work();
      await writer.remove();
    });
  return { state, take };
}

/** Comes back when the note is written. */
async function settledNote(state: StateDirectory): Promise<void> {
  while ((await readNote(state, BLOB)) === null) await setImmediate();
}

needs(['flock'], test, 'is found by its note, and is none where there is no note or it is dead', async () => {
  const { state, take } = await turn();
  assert.is(await readerNow(state, BLOB), null);
  await take(async () => {
    const { pid, bytesDone, bytesTotal } = (await readerNow(state, BLOB)) ?? {};
    assert.equal([pid, bytesDone, bytesTotal], [process.pid, 0, 4096]);
  });
  assert.is(await readerNow(state, BLOB), null);
});

/** The same state directory, which tells whenever somebody looks into it. */
const lookedInto = (state: StateDirectory, onLook: () => void): StateDirectory => ({
  ...state,
  get path() {
    onLook();
    return state.path;
  },
});

/** Keeps the process alive, which a watch does not, until `done` is called; gives up on one that tells nothing. */
async function watching(watch: (done: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const alive = setTimeout(resolve, 10_000);
    watch(() => {
      clearTimeout(alive);
      resolve();
    });
  });
}

needs(['flock'], test, 'is told of again and again until nobody wants to know', async () => {
  const { state, take } = await turn();
  const told: number[] = [];
  await take(() =>
    watching((done) => {
      const watch = watchReader(state, BLOB, ({ pid }) => {
        if (told.push(pid) < 2) return;
        watch.stop();
        done();
      });
    }),
  );
  assert.equal(told, [process.pid, process.pid]);
});

needs(['flock'], test, 'is told of no more once it is stopped, though a look is under way', async () => {
  const { state, take } = await turn();
  let told = 0;
  await take(async () => {
    await watching((done) => {
      const seen = lookedInto(state, () => {
        watch.stop();
        done();
      });
      const watch = watchReader(seen, BLOB, () => told++);
    });
    for (let looks = 0; looks < 20; looks++) await readerNow(state, BLOB);
  });
  assert.is(told, 0);
});

test('is not told of where nobody reads', async () => {
  const { state } = await turn();
  let told = 0;
  await watching((done) => {
    let looks = 0;
    const seen = lookedInto(state, () => {
      if (looks++ < 3) return;
      watch.stop();
      done();
    });
    const watch = watchReader(seen, BLOB, () => told++);
  });
  assert.is(told, 0);
});

test.run();
