import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { median, medianInterval, quantile, ratio, spread } from '../../bench/statistics.js';

const test = suite('bench/statistics');

test('the median is the middle of an odd number, and the mean of the two in the middle of an even one', () => {
  assert.is(median([9, 1, 5]), 5);
  assert.is(median([4, 1, 9, 2]), 3);
  assert.is(median([7]), 7);
  assert.is(median([]), null);
});

test('numbers are sorted as numbers', () => {
  assert.is(median([10, 9, 100]), 10);
});

test('a quantile between two samples lies between them by its distance', () => {
  assert.is(quantile([10, 20, 30, 40, 50], 0.25), 20);
  assert.is(quantile([10, 20], 0.9), 19);
  assert.is(quantile([10, 20], 1), 20);
  assert.is(quantile([], 0.5), null);
});

test('the spread is half the way between the quartiles over the median: one odd sample does not move it', () => {
  assert.is(spread([90, 95, 100, 105, 110]), 0.05);
  assert.is(spread([90, 95, 100, 105, 900]), 0.05);
  assert.is(spread([5]), 0);
  assert.is(spread([]), null);
});

test('a ratio is taken round by round: a slow round that hits both does not move it', () => {
  assert.is(ratio([2, 1, 0.2], [1, 0.5, 0.1]), 2);
  assert.is(ratio([3, 3, 30], [1, 3, 3]), 3);
  assert.is(ratio([], [1]), null);
});

// The ranks of tables of the binomial distribution with p = 1/2 for 99 % (Hollander and Wolfe, table A.2).
const ranks = [
  { samples: 8, low: 1, high: 8 },
  { samples: 10, low: 1, high: 10 },
  { samples: 11, low: 1, high: 11 },
  { samples: 12, low: 2, high: 11 },
  { samples: 20, low: 4, high: 17 },
  { samples: 40, low: 12, high: 29 },
];

for (const { samples, low, high } of ranks) {
  test(`the median of what ${samples} samples are of lies between the ${low}. and the ${high}.`, () => {
    const values = Array.from({ length: samples }, (_, at) => at + 1).reverse();
    assert.equal(medianInterval(values), [low, high]);
  });
}

test('fewer than eight samples do not say where the median lies', () => {
  assert.is(medianInterval([1, 1, 1, 1, 1, 1, 1]), null);
  assert.is(medianInterval([]), null);
});

test.run();
