import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openState, type StateDirectory } from '../../lib/trust/state-directory.js';
import { sweepBehind } from '../../lib/trust/sweep.js';
import { stepwise } from '../races/stepwise.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('what nobody has used for a month');

const now = Date.now() / 1000;
const DAY = 24 * 60 * 60;

/** A state directory with files by their ages in days. */
async function stateWith(files: Readonly<Record<string, number>>): Promise<StateDirectory> {
  const state = await openState(temporaryDirectory(), '/');
  for (const [name, days] of Object.entries(files)) {
    const path = join(state.path ?? '', name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, '');
    utimesSync(path, now, now - days * DAY);
  }
  return state;
}

const listing = ({ path }: StateDirectory, folder: string): string[] => readdirSync(join(path ?? '', folder)).sort();

test('is removed from stamps and locks, whatever else is younger stays', async () => {
  const state = await stateWith({
    'stamps/a': 32,
    'stamps/b': 30,
    'stamps/z': 0,
    'locks/hook.a': 32,
    'locks/hook.b': 30,
    'locks/0123.snapshot Never ID': 40,
  });
  await sweepBehind(state, 'b', now);
  assert.equal(listing(state, 'stamps'), ['b', 'z']);
  assert.equal(listing(state, 'locks'), ['hook.b']);
});

test('is looked for among a few each time, and is gone when one in use was written often enough', async () => {
  const old = Array.from({ length: 200 }, (_, at) => [`stamps/old${at}`, 32] as const);
  const state = await stateWith(Object.fromEntries([...old, ['stamps/used', 0]]));
  const looks: string[] = [];
  const sweep = () =>
    stepwise(
      () => sweepBehind(state, 'used', now),
      (_, path) => looks.push(path),
    );
  await sweep();
  assert.ok(looks.length < 70, `${looks.length} looks`);
  assert.is(listing(state, 'stamps').length, 201 - 64);
  for (let times = 0; times < 3; times++) await sweep();
  assert.equal(listing(state, 'stamps'), ['used']);
});

test('is no matter where there is no state directory, or none of its folders', async () => {
  await sweepBehind(await openState(null, '/'), 'a', now);
  const state = await stateWith({});
  await sweepBehind(state, 'a', now);
  assert.equal(readdirSync(state.path ?? ''), []);
});

test.run();
