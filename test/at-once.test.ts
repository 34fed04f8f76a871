import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { limitOf, mapAtOnce } from '../lib/at-once.js';

const test = suite('at once');

/** Work that ends when it is told to. */
function controlled() {
  const ends = new Map<string, (error?: Error) => void>();
  return {
    begun: () => [...ends.keys()],
    work: (name: string) =>
      new Promise<string>((resolve, reject) => {
        ends.set(name, (error) => (error === undefined ? resolve(`${name} done`) : reject(error)));
      }),
    end: async (name: string, error?: Error) => {
      ends.get(name)?.(error);
      await setImmediate();
    },
  };
}

test('at most so many are under way, and the results are in the order of the items', async () => {
  const { begun, work, end } = controlled();
  const mapped = mapAtOnce(['a', 'b', 'c', 'd'], 2, work);
  await setImmediate();
  assert.equal(begun(), ['a', 'b']);
  await end('b');
  assert.equal(begun(), ['a', 'b', 'c']);
  await end('c');
  await end('d');
  await end('a');
  assert.equal(await mapped, ['a done', 'b done', 'c done', 'd done']);
});

test('after an error nothing new is begun, and it is thrown when all under way has ended', async () => {
  const { begun, work, end } = controlled();
  let thrown: unknown = null;
  const mapped = mapAtOnce(['a', 'b', 'c'], 2, work).catch((error: unknown) => {
    thrown = error;
  });
  await setImmediate();
  await end('a', new Error('mine'));
  assert.is(thrown, null);
  await end('b');
  await mapped;
  assert.is((thrown as Error).message, 'mine');
  assert.equal(begun(), ['a', 'b']);
});

test('nothing to do is done at once', async () => {
  assert.equal(await mapAtOnce([], 3, async () => 1), []);
});

test('who waits outside lets another in, and comes back before who is new', async () => {
  const limit = limitOf(1);
  const { begun, work, end } = controlled();
  const order: string[] = [];
  const first = limit.inside(async () => {
    order.push('first in');
    await limit.outside(() => work('wait'));
    order.push('first back');
  });
  const others = ['second', 'third'].map((name) =>
    limit.inside(async () => {
      order.push(name);
      await work(name);
    }),
  );
  await setImmediate();
  assert.equal(order, ['first in', 'second']);
  assert.equal(begun(), ['wait', 'second']);
  // Inside is full: who comes back waits, but for nobody who is new.
  await end('wait');
  assert.equal(order, ['first in', 'second']);
  await end('second');
  assert.equal(order, ['first in', 'second', 'first back', 'third']);
  await end('third');
  await Promise.all([first, ...others]);
});

test('an error inside or outside gives the place free', async () => {
  const limit = limitOf(1);
  const fail = async () => {
    throw new Error('mine');
  };
  for (const work of [fail, () => limit.outside(fail)]) {
    try {
      await limit.inside(work);
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).message, 'mine');
    }
  }
  assert.is(await limit.inside(async () => 'free'), 'free');
});

test.run();
