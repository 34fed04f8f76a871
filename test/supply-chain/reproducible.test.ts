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

test('made elsewhere, later and in another language is the same to the byte', () => {
  const elsewhere = join(temporaryDirectory(), 'a/much/longer/path/than/that/of/most/projects');
  mkdirSync(elsewhere, { recursive: true });
  for (const name of [
    'bin',
    'build',
    'lib',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ])
    cpSync(join(project, name), join(elsewhere, name), { recursive: true });
  symlinkSync(join(project, 'node_modules'), join(elsewhere, 'node_modules'));
  const env = { ...process.env, LC_ALL: 'tr_TR.UTF-8', TZ: 'Pacific/Kiritimati', TMPDIR: temporaryDirectory() };
  const run = spawnSync(process.execPath, ['build/build.mjs'], { cwd: elsewhere, env, encoding: 'utf8' });
  assert.is(run.status, 0, run.stderr);
  for (const name of ['dist', 'schemas']) {
    assert.equal(contentOf(join(elsewhere, name)), contentOf(join(project, name)), name);
  }
});

test.run();
