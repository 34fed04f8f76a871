import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Row, TargetSpec } from '../../bench/case.js';
import { judge, ratioTarget } from '../../bench/verdict.js';

const test = suite('bench/verdict');

const row = (name: string, samples: readonly number[], absent: string | null = null): Row => {
  return { name, absent, samples, singles: samples };
};
const eight = (value: number): number[] => Array.from({ length: 8 }, () => value);
const value = (relation: TargetSpec['relation'], limit: number): TargetSpec => {
  return { name: 'a', relation, limit, uses: ['a'], of: (sample = 0) => sample };
};
const verdict = (spec: TargetSpec, samples: readonly number[], others?: number) =>
  judge(spec, [row('a', samples)], others).verdict;

test('a target is reached at its limit and missed beyond it, either way', () => {
  assert.is(verdict(value('>=', 1), eight(1)), 'reached');
  assert.is(verdict(value('>=', 1), eight(0.999)), 'missed');
  assert.is(verdict(value('<=', 1), eight(1)), 'reached');
  assert.is(verdict(value('<=', 1), eight(1.001)), 'missed');
});

test('what lies on both sides of the limit is noisy, however good its median is', () => {
  assert.is(verdict(value('>=', 1), [0.99, 2, 2, 2, 2, 2, 2, 2]), 'noisy');
  assert.is(verdict(value('>=', 1), [1.01, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]), 'noisy');
  // Of twelve samples one may be anything.
  assert.is(verdict(value('>=', 1), [0.1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]), 'reached');
});

test('too few rounds decide nothing', () => {
  const target = judge(value('>=', 1), [row('a', [9, 9, 9, 9, 9, 9, 9])]);
  assert.is(target.verdict, 'noisy');
  assert.is(target.measured, 9);
  assert.is(target.between, null);
});

test('a ratio is judged round by round, of the rounds that both have', () => {
  const slow = [1, 10, 1, 10, 1, 10, 1, 10];
  const rows = [row('ours', [...slow.map((peer) => 2 * peer), 1]), row('peer', slow)];
  const target = judge(ratioTarget('ours', '>=', 1.9, 'peer'), rows);
  assert.equal(target, {
    name: 'ours / peer',
    relation: '>=',
    limit: 1.9,
    measured: 2,
    between: [2, 2],
    rounds: 8,
    verdict: 'reached',
  });
});

test('where a side is absent there is no verdict', () => {
  const rows = [row('ours', eight(1)), row('peer', [], 'peer is not installed')];
  const target = judge(ratioTarget('ours', '>=', 1, 'peer'), rows);
  assert.is(target.verdict, 'absent');
  assert.is(target.measured, null);
  assert.is(judge(ratioTarget('ours', '>=', 1, 'nobody'), rows).verdict, 'absent');
});

test('what must always hold is judged by its worst round, of however few', () => {
  const always = (relation: TargetSpec['relation']) => ({ ...value(relation, 1), always: true });
  assert.is(verdict(always('<='), [0.5, 1.1, 0.5]), 'missed');
  assert.is(verdict(always('<='), [0.5, 1, 0.5]), 'reached');
  assert.is(verdict(always('>='), [2, 0.9]), 'missed');
  assert.is(verdict(always('='), [1, 1]), 'reached');
  const odd = judge(always('='), [row('a', [1, 0, 1])]);
  assert.is(odd.verdict, 'missed');
  assert.is(odd.measured, 0);
});

test('what others took of the machine may have been taken from one side', () => {
  assert.is(verdict(value('<=', 1), eight(0.9), 0.05), 'reached');
  assert.is(verdict(value('<=', 1), eight(0.9), 0.3), 'noisy');
  assert.is(verdict(value('<=', 1), eight(1.1), 0.3), 'noisy');
  assert.is(verdict(value('<=', 1), eight(0.1), 0.3), 'reached');
  assert.is(verdict(value('<=', 1), eight(9), 0.3), 'missed');
});

test.run();
