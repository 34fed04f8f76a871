import { copyFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findCocoon } from '../../lib/remedy/find-cocoon.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('the real cocoon, or why there is none');

function program(name = 'cocoon', mode = 0o755, text = ''): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, `#!/bin/sh\n${text}`, { mode });
  return path;
}

const directoryOf = (path: string) => join(path, '..');

test('the first in PATH that can be run is taken', () => {
  const [data, first, second] = [program('cocoon', 0o644), program(), program()];
  const path = ['', 'relative', '/nonexistent', ...[data, first, second].map(directoryOf)].join(':');
  assert.equal(findCocoon(null, path), { path: first });
});

test('the guard is passed over, by a link or as a copy', () => {
  const guard = program('cocoon-guard', 0o755, "# blobcheck's cocoon-guard: stands in cocoon's place\n");
  const directory = temporaryDirectory();
  symlinkSync(guard, join(directory, 'cocoon'));
  const copy = temporaryDirectory();
  copyFileSync(guard, join(copy, 'cocoon'));
  const real = program();
  assert.equal(findCocoon(null, `${directory}:${copy}:${directoryOf(real)}`), { path: real });
  assert.equal(findCocoon(null, directory), { problem: 'there is no cocoon in PATH' });
});

test('the one that is named is taken, and no other', () => {
  const [named, other] = [program('cocoon-0.6'), program()];
  assert.equal(findCocoon(named, directoryOf(other)), { path: named });
  const found = findCocoon('/nonexistent/cocoon', directoryOf(other));
  assert.match('problem' in found ? found.problem : '', /no program that can be run/);
});

test('a named one that is the guard, or no absolute path, is refused', () => {
  const guard = program('cocoon-guard');
  const same = findCocoon(guard, '');
  assert.match('problem' in same ? same.problem : '', /which is the guard itself/);
  const relative = findCocoon('bin/cocoon', '');
  assert.match('problem' in relative ? relative.problem : '', /not an absolute path/);
});

test.run();
