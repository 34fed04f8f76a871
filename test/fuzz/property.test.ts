import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { everyProperty } from './every-property.js';
import { property, tryInputs, trySaved } from './property.js';
import { folderOf, savedFolders } from './saved-inputs.js';

const test = suite('properties');

const failing = property({
  name: 'no number is above a thousand (this one must fail)',
  inputs: fc.nat(1_000_000),
  holds: (number) => assert.ok(number <= 1000),
  quickRuns: 1,
});

test('what fails is shrunk, saved and tried again', async () => {
  const { failure } = await tryInputs(failing, { seed: 1, runs: 100 });
  try {
    assert.ok(failure !== null && existsSync(failure.file));
    let reason = '';
    await trySaved({ ...failing, holds: (input) => assert.is(input, 1001) });
    await trySaved(failing).catch((error) => (reason = error.message));
    assert.match(reason, 'json: ');
  } finally {
    if (failure !== null) rmSync(dirname(failure.file), { recursive: true });
  }
});

test('a time limit ends the search', async () => {
  const endless = { ...failing, holds: () => {} };
  const { tried, failure } = await tryInputs(endless, { seed: 1, runs: Number.MAX_SAFE_INTEGER, milliseconds: 20 });
  assert.is(failure, null);
  assert.ok(tried > 0);
});

test('what is at work when the time is over is waited for', async () => {
  let isAtWork = false;
  const slow = {
    ...failing,
    holds: async () => {
      isAtWork = true;
      await after(30);
      isAtWork = false;
    },
  };
  await tryInputs(slow, { seed: 1, runs: Number.MAX_SAFE_INTEGER, milliseconds: 1 });
  assert.not(isAtWork);
});

test('no two properties share a folder, and no saved input is tried by nobody', () => {
  const folders = everyProperty.map(({ name }) => folderOf(name));
  assert.is(new Set(folders).size, folders.length);
  assert.equal(
    savedFolders().filter((folder) => !folders.includes(folder)),
    [],
  );
});

test.run();
