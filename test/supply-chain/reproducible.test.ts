import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryDirectory } from '../support/temporary.js';
import { project } from './project.js';

const test = suite('the build');

/** Digests by path. */
function contentOf(directory: string): Readonly<Record<string, string>> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, path, name }) => join(parentPath ?? path, name)).sort();
  return Object.fromEntries(
    paths.map((path) => [path.slice(directory.length), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}

/** Builds a copy of the project below a fresh directory. */
function build(path: string, more: NodeJS.ProcessEnv): string {
  const place = join(temporaryDirectory(), path);
  mkdirSync(place, { recursive: true });
  for (const name of [
    'bin',
    'build',
    'lib',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ])
    cpSync(join(project, name), join(place, name), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(place, 'node_modules'));
  // What counts coverage counts in the code that is kept, too.
  const env = { ...process.env, NODE_V8_COVERAGE: undefined, TMPDIR: temporaryDirectory(), ...more };
  const run = spawnSync(process.execPath, ['build/build.mjs'], { cwd: place, env, encoding: 'utf8' });
  assert.is(run.status, 0, run.stderr);
  return place;
}

/** What was built of this source by this version of Node, whose modules and whose code it holds. */
function builtBefore(): string {
  const own = `.${process.version}-${process.arch}.code`;
  return readdirSync(join(project, 'dist')).some((name) => name.endsWith(own)) ? project : build('a', {});
}

test('made elsewhere, later and in another language is the same to the byte', () => {
  const before = builtBefore();
  const elsewhere = build('a/much/longer/path/than/that/of/most/projects', {
    LC_ALL: 'tr_TR.UTF-8',
    TZ: 'Pacific/Kiritimati',
  });
  for (const name of ['dist', 'schemas']) {
    const [here, there] = [before, elsewhere].map((directory) => contentOf(join(directory, name)));
    const names = Object.keys({ ...here, ...there });
    assert.equal(
      names.filter((one) => here?.[one] !== there?.[one]),
      [],
      name,
    );
    assert.ok(names.length > 5);
  }
});

test.run();
