import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findCocoon } from '../../lib/remedy/find-cocoon.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('the real cocoon');

/** The path that is found with these variables; null for none. */
function found({ BLOBCHECK_COCOON, PATH = '' }: { BLOBCHECK_COCOON?: string; PATH?: string }): string | null {
  const answer = findCocoon(BLOBCHECK_COCOON || null, PATH);
  return 'path' in answer ? answer.path : null;
}

const guard = fileURLToPath(new URL('../../bin/cocoon-guard', import.meta.url));

/** A directory in which one thing is called cocoon. */
function directoryWith(make: (path: string) => void): { directory: string; cocoon: string } {
  const directory = temporaryDirectory();
  const cocoon = join(directory, 'cocoon');
  make(cocoon);
  return { directory, cocoon };
}

function program(path: string): void {
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
}

const real = directoryWith(program);

test('is the first of PATH', () => {
  const second = directoryWith(program);
  assert.is(found({ PATH: `${real.directory}:${second.directory}` }), real.cocoon);
  assert.is(found({ PATH: `/nowhere:${second.directory}:${real.directory}` }), second.cocoon);
});

test('is none where PATH has none, or is not set', () => {
  assert.is(found({ PATH: temporaryDirectory() }), null);
  assert.is(found({ PATH: '' }), null);
  assert.is(found({}), null);
});

test('is the one that BLOBCHECK_COCOON names, and no other if that is none', () => {
  const named = directoryWith(program);
  const env = (path: string) => ({ PATH: real.directory, BLOBCHECK_COCOON: path });
  assert.is(found(env(named.cocoon)), named.cocoon);
  assert.is(found(env('')), real.cocoon, 'an empty variable is an unset one');
  for (const path of ['cocoon', './cocoon', '/nowhere/cocoon', named.directory, guard, '/proc/version']) {
    assert.is(found(env(path)), null, path);
  }
});

test('is never looked for in a directory that hangs on where one stands', () => {
  assert.is(found({ PATH: '.:bin:' }), null);
});

const notIt: readonly (readonly [string, (path: string) => void])[] = [
  ['a directory', (path) => mkdirSync(path)],
  ['a file that nobody may execute', (path) => writeFileSync(path, '#!/bin/sh\n')],
  ['a link to nothing', (path) => symlinkSync('absent', path)],
  ['a link to the guard', (path) => symlinkSync(guard, path)],
  ['a copy of the guard', (path) => copyFileSync(guard, path)],
  [
    'a link to a copy of the guard with another first line',
    (path) => {
      writeFileSync(`${path}-2`, "#!/usr/bin/dash\n# blobcheck's cocoon-guard: stands in cocoon's place\n");
      chmodSync(`${path}-2`, 0o755);
      symlinkSync(`${path}-2`, path);
    },
  ],
];
for (const [what, make] of notIt) {
  test(`is passed over where ${what} is called so`, () => {
    const { directory } = directoryWith(make);
    assert.is(found({ PATH: `${directory}:${real.directory}` }), real.cocoon);
  });
}

test('is a script that only speaks of the guard, or an empty program, all the same', () => {
  for (const text of ['#!/bin/sh\n# not cocoon-guard\n', '']) {
    const { directory, cocoon } = directoryWith((path) => {
      writeFileSync(path, text);
      chmodSync(path, 0o755);
    });
    assert.is(found({ PATH: directory }), cocoon);
  }
});

test.run();
