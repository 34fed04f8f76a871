import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { smallNode } from '../builders/small-node.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('a package that is damaged');
const project = fileURLToPath(new URL('../..', import.meta.url));

/** What is installed, without the packages that it needs. */
function installed(place: string): void {
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(join(project, part), join(place, part), { recursive: true });
}

const place = temporaryDirectory();
installed(place);
symlinkSync(join(project, 'node_modules'), join(place, 'node_modules'));
// What V8 has kept of a program is no way around it.
for (const file of readdirSync(join(place, 'dist'))) if (file.endsWith('.code')) rmSync(join(place, 'dist', file));

/** Does something while one of the programs that are installed is something else. */
function withProgram<T>(name: string, content: string | null, work: () => T): T {
  const path = join(place, 'dist', name);
  const whole = readFileSync(path);
  rmSync(path);
  if (content !== null) writeFileSync(path, content);
  try {
    return work();
  } finally {
    writeFileSync(path, whole);
  }
}

for (const [what, content] of [
  ['gone', null],
  ['cut short', 'module.exports = {'],
  ['empty', ''],
  ['broken inside', 'module.exports = { run: () => ({}).x.y, runProgram: () => ({}).x.y };'],
] as const) {
  for (const [name, command] of [
    ['main.cjs', 'verify'],
    ['program-verify.cjs', 'verify'],
    ['program-hook.cjs', 'hook'],
    ['program-every.cjs', 'status'],
  ] as const) {
    test(`judges nothing and says so: ${name} is ${what}`, () => {
      const words = [join(place, 'bin/blobcheck'), command, ...(command === 'status' ? [] : ['x'])];
      const run = withProgram(name, content, () => spawnSync(process.execPath, words, { encoding: 'utf8' }));
      assert.equal([run.status, run.stdout], [3, ''], run.stderr);
      assert.match(run.stderr, /^blobcheck/);
      assert.not.match(run.stderr, /^\s+at /m);
    });
  }
}

test('finds the library for databases where packages lie, and nowhere else that a caller may choose', () => {
  const above = temporaryDirectory();
  const alone = join(above, 'lib/blobcheck');
  installed(alone);
  const elsewhere = temporaryDirectory();
  mkdirSync(join(elsewhere, 'build/Release'), { recursive: true });
  writeFileSync(join(elsewhere, 'build/Release/sqlite.node'), 'no library');
  const { options } = smallNode({ engine: 'sqlite' });
  const verify = [join(alone, 'bin/blobcheck'), 'verify', 'app:v1', ...options];
  const run = (env: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, verify, { encoding: 'utf8', cwd: elsewhere, env: { ...process.env, ...env } });
  const without = run();
  assert.equal([without.status, without.stdout], [3, '']);
  assert.match(without.stderr, "blobcheck: Cannot find module '@photostructure/sqlite'");
  symlinkSync(join(project, 'node_modules'), join(above, 'node_modules'));
  assert.is(run().status, 0);
  assert.is(run({ '@PHOTOSTRUCTURE/SQLITE_PREBUILD': elsewhere }).status, 0);
});

test.run();
