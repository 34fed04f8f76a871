import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { playRound, rowsOf, type Taken } from '../../bench/interleave.js';

const test = suite('bench/interleave');

const takenOf = (...names: string[]): Map<string, Taken> =>
  new Map(names.map((name) => [name, { samples: [], singles: [] }]));

test('everybody is measured once a round, in more than one order, and each has its own samples', async () => {
  const order: string[] = [];
  const contestant = (name: string, value: number) => ({
    name,
    measure: async () => {
      order.push(name);
      return value;
    },
  });
  const contestants = [contestant('a', 1), contestant('b', 2), contestant('c', 3)];
  const taken = takenOf('a', 'b', 'c');
  let prepared = 0;
  for (let round = 0; round < 50; round++) await playRound(contestants, taken, { before: () => void prepared++ });
  assert.is(prepared, 150);
  const rounds = Array.from({ length: 50 }, (_, round) => order.slice(3 * round, 3 * round + 3).join(''));
  for (const round of rounds) assert.is([...round].sort().join(''), 'abc');
  assert.ok(new Set(rounds).size > 1);
  assert.equal(
    rowsOf(contestants, taken).map(({ name, samples }) => [name, samples.length, samples[0]]),
    [
      ['a', 50, 1],
      ['b', 50, 2],
      ['c', 50, 3],
    ],
  );
});

test('every order can come first', async () => {
  const first = new Set<string>();
  for (const random of [0, 0.4, 0.99]) {
    const order: string[] = [];
    const measure = (name: string) => ({ name, measure: async () => order.push(name) });
    await playRound([measure('a'), measure('b'), measure('c')], null, { random: () => random });
    first.add(order[0] ?? '');
  }
  assert.is(first.size, 3);
});

test('who runs more than once in a round has its runs between those of others, and their median is its sample', async () => {
  const order: string[] = [];
  const contestant = (name: string, runs: number, values: number[]) => ({
    name,
    runs,
    measure: async () => {
      order.push(name);
      return values.shift() ?? 0;
    },
  });
  const contestants = [contestant('a', 3, [1, 90, 2]), contestant('b', 3, [5, 4, 6]), contestant('c', 1, [7])];
  const taken = takenOf('a', 'b', 'c');
  await playRound(contestants, taken);
  const turns = [order.slice(0, 3), order.slice(3, 5), order.slice(5)];
  assert.equal(
    turns.map((turn) => turn.sort().join('')),
    ['abc', 'ab', 'ab'],
  );
  assert.equal(rowsOf(contestants, taken), [
    { name: 'a', absent: null, samples: [2], singles: [1, 90, 2] },
    { name: 'b', absent: null, samples: [5], singles: [5, 4, 6] },
    { name: 'c', absent: null, samples: [7], singles: [7] },
  ]);
});

test('a contestant without a run is an error', async () => {
  try {
    await playRound([{ name: 'a', runs: 0, measure: async () => 1 }], takenOf('a'));
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), 'a measured nothing');
  }
});

test('a round that warms up has one run each', async () => {
  let ran = 0;
  await playRound([{ name: 'a', runs: 5, measure: async () => ran++ }], null);
  assert.is(ran, 1);
});

test('a measurement that fails ends the benchmark', async () => {
  const measure = async () => {
    throw new RangeError('wrong digest');
  };
  try {
    await playRound([{ name: 'a', measure }], takenOf('a'));
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
  }
});

test.run();
