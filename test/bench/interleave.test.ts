import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { interleave } from '../../bench/interleave.js';

const test = suite('bench/interleave');

test('everybody is measured once a round, in more than one order, and each has its own samples', async () => {
  const order: string[] = [];
  const contestant = (name: string, value: number) => ({
    name,
    measure: async () => {
      order.push(name);
      return value;
    },
  });
  let warmed = 0;
  const rows = await interleave([contestant('a', 1), contestant('b', 2), contestant('c', 3)], 50, () => void warmed++);
  assert.is(warmed, 150);
  const rounds = Array.from({ length: 50 }, (_, round) => order.slice(3 * round, 3 * round + 3).join(''));
  for (const round of rounds) assert.is([...round].sort().join(''), 'abc');
  assert.ok(new Set(rounds).size > 1);
  assert.equal(
    rows.map(({ name, samples }) => [name, samples.length, samples[0]]),
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
    await interleave([measure('a'), measure('b'), measure('c')], 1, undefined, () => random);
    first.add(order[0] ?? '');
  }
  assert.is(first.size, 3);
});

test('who is absent is named and not measured', async () => {
  const measure = async () => assert.unreachable() as never;
  const rows = await interleave([{ name: 'a', absent: 'a is not installed', measure }], 3);
  assert.equal(rows, [{ name: 'a', absent: 'a is not installed', samples: [] }]);
});

test('a measurement that fails ends the benchmark', async () => {
  const measure = async () => {
    throw new RangeError('wrong digest');
  };
  try {
    await interleave([{ name: 'a', measure }], 1);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
  }
});

test.run();
