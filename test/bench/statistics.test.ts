import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { median, ratio, spread } from '../../bench/statistics.js';

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

test('the spread is half the range over the median', () => {
  assert.is(spread([90, 100, 110]), 0.1);
  assert.is(spread([5]), 0);
  assert.is(spread([]), null);
});

test('a ratio is taken round by round: a slow round that hits both does not move it', () => {
  assert.is(ratio([2, 1, 0.2], [1, 0.5, 0.1]), 2);
  assert.is(ratio([3, 3, 30], [1, 3, 3]), 3);
  assert.is(ratio([], [1]), null);
});

test.run();
