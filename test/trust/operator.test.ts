import { execFileSync } from 'node:child_process';
import { hostname } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { currentOperator } from '../../lib/trust/operator.js';
import { needs } from '../support/requires.js';

const test = suite('the operator');

test('is told by name and number', () => {
  const [name = '', number = ''] = ['-un', '-u'].map((flag) => execFileSync('id', [flag], { encoding: 'utf8' }).trim());
  assert.equal(currentOperator(), { name: `${name}@${hostname()}`, uid: Number(number) });
});

needs(['root'], test, 'whom no database of users knows is told by number', () => {
  // A user id ends at 2^32 - 2; nobody is given such a one.
  const uid = 2 ** 32 - 9;
  process.seteuid?.(uid);
  try {
    assert.equal(currentOperator(), { name: `${uid}@${hostname()}`, uid });
  } finally {
    process.seteuid?.(0);
  }
});

test.run();
