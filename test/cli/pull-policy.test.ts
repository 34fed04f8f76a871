import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { policyByName } from '../../lib/cli/pull-policy.js';
import type { PolicyPattern } from '../../lib/cli/settings.js';
import { BlobcheckError } from '../../lib/errors.js';
import { terminalFor } from '../support/terminal.js';

const test = suite('the pull policy of a snapshot');

async function policies(patterns: readonly PolicyPattern[], word?: string) {
  const env = word === undefined ? {} : { BLOBCHECK_PULL_POLICY: word };
  return await policyByName(terminalFor({ env, policies: patterns }), 'Never');
}

test('without settings it is what the command has as its own', async () => {
  assert.is((await policies([]))('app:v1'), 'Never');
  assert.is((await policies([], ''))('app:v1'), 'Never', 'an empty variable is an unset one');
});

test('the variable holds for every name that no pattern fits', async () => {
  const policyOf = await policies([{ pattern: 'simular/*', policy: 'Always' }], 'IfNotPresent');
  assert.is(policyOf('app:v1'), 'IfNotPresent');
  assert.is(policyOf('simular/win11:v1'), 'Always');
  assert.is(policyOf('simular'), 'IfNotPresent');
});

test('the first pattern that fits decides', async () => {
  const policyOf = await policies([
    { pattern: 'simular/win[0-9]*', policy: 'Never' },
    { pattern: 'simular/*', policy: 'Always' },
    { pattern: '*', policy: 'IfNotPresent' },
  ]);
  assert.is(policyOf('simular/win11:v1'), 'Never');
  assert.is(policyOf('simular/winx:v1'), 'Always');
  assert.is(policyOf('simular/a/b/c'), 'Always', 'a star crosses a slash');
  assert.is(policyOf('.hidden/x'), 'IfNotPresent');
});

test('a name is never taken for a pattern, and a pattern for no part of a name', async () => {
  const policyOf = await policies([{ pattern: 'app:v1', policy: 'Always' }]);
  assert.is(policyOf('*'), 'Never');
  assert.is(policyOf('app:v10'), 'Never');
  assert.is(policyOf('xapp:v1'), 'Never');
  assert.is(policyOf('app:v1'), 'Always');
});

test('a word that is no policy is wrong usage, and never the one that pulls', async () => {
  const error = await policies([], 'always').then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.is(error instanceof BlobcheckError && error.code, 'usage');
});

test.run();
