import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Turn, type Turns, turnsOf } from '../../lib/digest/turns.js';
import { BlobcheckError } from '../../lib/errors.js';

const test = suite('digest/turns');

const solid = async () => false;
/** Devices below 10 turn. */
const turning = async (device: bigint) => device < 10n;

/** Asks for turns and notes who has one. */
function askers(turns: Turns) {
  const given = new Map<string, Turn>();
  return {
    ask: async (path: string, device = 99n, signal?: AbortSignal) => {
      const turn = turns.take({ path, device, signal });
      turn.then(
        (got) => given.set(path, got),
        () => {},
      );
      await setImmediate();
      return turn.then(
        () => null,
        (error: unknown) => error,
      );
    },
    end: async (path: string) => {
      given.get(path)?.end();
      given.delete(path);
      await setImmediate();
    },
    reading: () => [...given.keys()],
    place: (path: string) => given.get(path)?.place,
  };
}

test('as many read as there are places, the others in the order of asking', async () => {
  const { ask, end, reading } = askers(turnsOf(2, solid));
  for (const path of ['a', 'b', 'c', 'd']) void ask(path);
  await setImmediate();
  assert.equal(reading(), ['a', 'b']);
  await end('b');
  assert.equal(reading(), ['a', 'c']);
  await end('a');
  assert.equal(reading(), ['c', 'd']);
});

test('the lowest free place is given, and none twice at once', async () => {
  const { ask, end, place } = askers(turnsOf(3, solid));
  for (const path of ['a', 'b', 'c']) void ask(path);
  await setImmediate();
  assert.equal(['a', 'b', 'c'].map(place), [0, 1, 2]);
  await end('c');
  await end('a');
  void ask('d');
  void ask('e');
  await setImmediate();
  assert.equal(['b', 'd', 'e'].map(place), [1, 0, 2]);
});

test('a disk that turns has one reader at a time, and who reads another disk does not wait behind it', async () => {
  const { ask, end, reading } = askers(turnsOf(3, turning));
  void ask('slow 1', 5n);
  void ask('slow 2', 5n);
  void ask('slow 3', 6n);
  void ask('fast', 99n);
  await setImmediate();
  assert.equal(reading(), ['slow 1', 'slow 3', 'fast']);
  await end('fast');
  assert.equal(reading(), ['slow 1', 'slow 3']);
  await end('slow 1');
  assert.equal(reading(), ['slow 3', 'slow 2']);
});

test('who is interrupted while waiting ends with aborted and the reason, and the next moves up', async () => {
  const turns = turnsOf(1, solid);
  const { ask, end, reading } = askers(turns);
  const controller = new AbortController();
  void ask('a');
  const failed = ask('b', 99n, controller.signal);
  void ask('c');
  await setImmediate();
  assert.is(turns.wanted(), 3);
  controller.abort('enough');
  const error = await failed;
  assert.instance(error, BlobcheckError);
  assert.equal([(error as BlobcheckError).code, (error as BlobcheckError).cause], ['aborted', 'enough']);
  assert.is(turns.wanted(), 2);
  await end('a');
  assert.equal(reading(), ['c']);
  await end('c');
  assert.is(turns.wanted(), 0);
});

test('who was interrupted before gets no turn, although a place is free', async () => {
  const turns = turnsOf(1, solid);
  const { ask, reading } = askers(turns);
  const error = await ask('a', 99n, AbortSignal.abort('early'));
  assert.is((error as BlobcheckError).cause, 'early');
  assert.equal(reading(), []);
  assert.is(turns.wanted(), 0);
});

test('an interruption after the turn was given takes nothing back', async () => {
  const { ask, reading } = askers(turnsOf(1, solid));
  const controller = new AbortController();
  void ask('a', 99n, controller.signal);
  await setImmediate();
  controller.abort();
  await setImmediate();
  assert.equal(reading(), ['a']);
});

test.run();
