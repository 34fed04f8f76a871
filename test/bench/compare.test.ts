import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Contestant } from '../../bench/case.js';
import { compare, MOST_TIMES } from '../../bench/compare.js';
import { ratioTarget } from '../../bench/verdict.js';

const test = suite('bench/compare');

/** Measures what a list says, the last of it again and again, and counts. */
function played(name: string, values: readonly number[], more: Partial<Contestant> = {}) {
  let calls = 0;
  const measure = async () => values[Math.min(calls++, values.length - 1)] ?? 0;
  return { contestant: { name, measure, ...more }, calls: () => calls };
}

const comparison = (contestants: readonly Contestant[]) => ({ title: 't', unit: 'ms' as const, contestants });

test('the warm-up is not a sample, and can be left out', async () => {
  const one = played('a', [99, 1]);
  const table = await compare(comparison([one.contestant]), { rounds: 3 });
  assert.equal(table.rows[0]?.samples, [1, 1, 1]);
  const other = played('a', [99, 1]);
  const cold = await compare({ ...comparison([other.contestant]), warmUp: false }, { rounds: 3 });
  assert.equal(cold.rows[0]?.samples, [99, 1, 1]);
});

test('who is absent is named and not measured', async () => {
  const gone = played('gone', [1], { absent: 'gone is not installed' });
  const table = await compare(comparison([gone.contestant]), { rounds: 2 });
  assert.equal(table.rows, [{ name: 'gone', absent: 'gone is not installed', samples: [], singles: [] }]);
  assert.is(gone.calls(), 0);
});

test('what is decided is not measured on, what is not is, up to a bound', async () => {
  const [ours, fast, peer] = [played('ours', [10, 10]), played('fast', [1]), played('peer', [5, 20, 5, 20, 5])];
  const alternating = { ...peer.contestant, measure: alternate(5, 20) };
  const table = await compare(
    {
      ...comparison([ours.contestant, fast.contestant, alternating]),
      targets: [ratioTarget('ours', '>=', 2, 'fast'), ratioTarget('ours', '>=', 1, 'peer')],
      warmUp: false,
    },
    { rounds: 8 },
  );
  assert.equal(
    table.rows.map(({ samples }) => samples.length),
    [8 * MOST_TIMES, 8, 8 * MOST_TIMES],
  );
  assert.equal(
    table.targets.map(({ verdict, rounds }) => [verdict, rounds]),
    [
      ['reached', 8],
      ['noisy', 8 * MOST_TIMES],
    ],
  );
});

function alternate(one: number, other: number): () => Promise<number> {
  let calls = 0;
  return async () => (calls++ % 2 === 0 ? one : other);
}

test('more rounds decide what the first ones did not', async () => {
  const ours = played('ours', [1, 3, 3, 3, 3, 3, 3, 3, 3]);
  const peer = played('peer', [2]);
  const table = await compare(
    {
      ...comparison([ours.contestant, peer.contestant]),
      targets: [ratioTarget('ours', '>=', 1, 'peer')],
      warmUp: false,
    },
    { rounds: 8 },
  );
  assert.equal([table.targets[0]?.verdict, table.targets[0]?.rounds], ['reached', 12]);
});

test('a slow peer is measured as often as it says', async () => {
  const slow = played('slow', [1], { atMost: 2 });
  const table = await compare({ ...comparison([slow.contestant]), warmUp: false }, { rounds: 5 });
  assert.equal(table.rows[0]?.samples, [1, 1]);
});

test.run();
