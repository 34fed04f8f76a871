/** The package as a node gets it: packed, and installed where there is no registry and no script may run. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { smallNode } from '../builders/small-node.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { isInstalled, lockfile, places, project, readJson } from './project.js';

const test = suite('the installed package');

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, words: readonly string[], more: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Ran {
  const env = { PATH: process.env.PATH, HOME: temporaryDirectory(), ...more.env };
  const { status, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8', ...more, env });
  return { status, stdout, stderr };
}

let prefix = '';
let home = '';

/** Installs once, in the first test that asks: a `before` hook that throws would be no failure to uvu. */
function installed(): string {
  if (home !== '') return home;
  const place = temporaryDirectory();
  const packed = run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', place], { cwd: project });
  assert.is(packed.status, 0, packed.stderr);
  prefix = join(place, 'prefix');
  const quiet = ['--no-audit', '--no-fund', '--offline', '--cache', join(place, 'empty-cache')];
  const words = ['install', '--global', '--ignore-scripts', '--prefix', prefix, ...quiet, `./${packed.stdout.trim()}`];
  const { status, stdout, stderr } = run('npm', words, { cwd: place });
  assert.is(status, 0, stdout + stderr);
  assert.not.match(stderr, /warn/i);
  home = join(prefix, 'lib/node_modules/blobcheck');
  return home;
}

function blobcheck(...words: string[]): Ran {
  installed();
  return run(join(prefix, 'bin/blobcheck'), words);
}

needs(['npm'], test, 'holds what the package names, and nothing of the project besides', () => {
  assert.equal(readdirSync(installed()).sort(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'bin',
    'dist',
    'docs',
    'node_modules',
    'package.json',
    'schemas',
  ]);
});

needs(['npm'], test, 'brings its dependencies along, exactly those of the lockfile', () => {
  const directory = installed();
  const found = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(^|\/)node_modules\/(@[^/]+\/)?[^/@][^/]*\/package\.json$/.test(path))
    .map((path) => {
      const { version }: { version: string } = JSON.parse(readFileSync(join(directory, path), 'utf8'));
      return `${path.slice(0, -'/package.json'.length)} ${version}`;
    });
  const expected = places.filter(isInstalled).map((place) => `${place} ${lockfile.packages[place]?.version}`);
  assert.equal(found.sort(), expected.sort());
});

for (const engine of ['json', 'sqlite'] as const) {
  needs(['npm'], test, `judges a node with ${engine} metadata`, () => {
    const node = smallNode({ engine });
    const sound = blobcheck('verify', '--json', ...node.options, 'app:v1');
    assert.is(sound.status, 0, sound.stdout + sound.stderr);
    assert.is(sound.stderr, '');
    assert.is(JSON.parse(sound.stdout).engine, engine);
    rmSync(node.blob);
    assert.match(blobcheck('verify', ...node.options, 'app:v1').stdout, 'blob-missing');
  });
}

needs(['npm'], test, 'its hook allows and refuses', () => {
  installed();
  const node = smallNode({ engine: 'sqlite' });
  const env = { BLOBCHECK_STATE_DIR: node.state, COCOON_ROOT_DIR: node.root.directory };
  const hook = () => run(join(prefix, 'bin/blobcheck-pre-clone'), ['app:v1'], { env });
  const allowed = hook();
  assert.is(allowed.status, 0, allowed.stderr);
  assert.is(allowed.stdout, '');
  rmSync(node.blob);
  const refused = hook();
  assert.is(refused.status, 1);
  assert.match(refused.stderr, 'blob-missing');
});

needs(['npm'], test, 'finds each package that it loads only when it is needed', () => {
  const node = smallNode();
  const place = temporaryDirectory();
  const configured = (name: string, text: string) => {
    writeFileSync(join(place, name), text);
    return ['--config', join(place, name), '--state-dir', node.state];
  };
  const root = JSON.stringify(node.root.directory);
  const overlays = join(node.root.directory, 'snapshot/localfile/*/overlay.qcow2');
  const questions: readonly (readonly string[])[] = [
    ['verify', ...configured('a.yaml', `root_dir: ${root}\n`), 'app:v1'],
    ['verify', ...configured('a.toml', `root_dir = ${root}\n`), 'app:v1'],
    ['verify', ...node.options, 'app*'],
    [
      'verify',
      '--overlay',
      overlays,
      '--blobs',
      join(node.root.directory, 'cloudimg/blobs'),
      '--state-dir',
      node.state,
    ],
    ['hash', '--engine', 'wasm', node.blob],
    ['status', ...node.options],
  ];
  for (const question of questions) {
    const { status, stdout, stderr } = blobcheck(...question);
    assert.is(status, 0, `${question.join(' ')}\n${stdout}${stderr}`);
  }
});

needs(['npm'], test, 'is a library, with its types and its schemas', () => {
  const place = temporaryDirectory();
  mkdirSync(join(place, 'node_modules'));
  symlinkSync(installed(), join(place, 'node_modules/blobcheck'));
  const node = smallNode({ engine: 'sqlite' });
  const text = `
    import { resolveLocation, verify } from 'blobcheck';
    import { createRequire } from 'node:module';
    const schema = createRequire(import.meta.url)('blobcheck/schemas/verify.v1.json');
    const location = await resolveLocation({ rootDir: ${JSON.stringify(node.root.directory)}, env: {} });
    const report = await verify({ snapshots: ['app:v1'] }, { location, stateDir: ${JSON.stringify(node.state)}, tool: 'test' });
    console.log(report.verdict, schema.title);
  `;
  writeFileSync(join(place, 'use.mjs'), text);
  const { stdout, stderr } = run(process.execPath, ['use.mjs'], { cwd: place });
  assert.is(stdout, 'allow blobcheck verify, version 1\n', stderr);
  const { exports }: { exports: { '.': { types: string } } } = readJson('package.json');
  assert.ok(existsSync(join(installed(), exports['.'].types)));
});

test.run();
