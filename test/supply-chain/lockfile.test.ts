import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lockfileFlaws } from './lockfile-flaws.js';
import { type Locked, type Lockfile, lockfile, type Manifest, manifest, nameOf, places } from './project.js';

const test = suite('the lockfile');

test('has an exact version and a digest for every package, all of a registry, and is that of package.json', () => {
  assert.equal(lockfileFlaws(manifest, lockfile), []);
  assert.ok(places.length > 100);
});

const digest = `sha512-${'A'.repeat(86)}==`;
const sound: Manifest = { name: 'x', version: '1.0.0', dependencies: { a: '1.2.3' }, devDependencies: {} };

function locked(a: Locked, more: Readonly<Record<string, Locked>> = {}, root: Locked = {}): Lockfile {
  const whole = { dependencies: sound.dependencies, devDependencies: {}, ...root };
  return { lockfileVersion: 3, packages: { '': whole, 'node_modules/a': a, ...more } };
}

test('a sound one has no flaw', () => {
  assert.equal(lockfileFlaws(sound, locked({ version: '1.2.3', integrity: digest })), []);
});

const good = { version: '1.2.3', integrity: digest };
const flawed: readonly (readonly [what: string, flaw: string, lockfile: Lockfile, manifest?: Manifest])[] = [
  ['a package without a digest', 'node_modules/a has no digest', locked({ version: '1.2.3' })],
  [
    'a weak digest',
    'node_modules/a has no digest',
    locked({ ...good, integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }),
  ],
  [
    'a git URL',
    'node_modules/a comes from git+ssh://git@example.com/a.git#0123',
    locked({ ...good, resolved: 'git+ssh://git@example.com/a.git#0123' }),
  ],
  [
    'an address',
    'node_modules/a comes from http://example.com/a.tgz',
    locked({ ...good, resolved: 'http://example.com/a.tgz' }),
  ],
  [
    'a need that is an address',
    'node_modules/a asks for b at github:b/b',
    locked({ ...good, dependencies: { b: 'github:b/b' } }),
  ],
  ['an alias', 'node_modules/a is really evil', locked({ ...good, name: 'evil' })],
  [
    'a link',
    "node_modules/b is a directory of somebody's machine",
    locked(good, { 'node_modules/b': { ...good, link: true } }),
  ],
  ['a directory', "b is a directory of somebody's machine", locked(good, { b: good })],
  ['another version than is asked for', 'a is not locked at 1.2.3', locked({ ...good, version: '1.2.4' })],
  [
    'needs that package.json has not',
    'the dependencies are not those of package.json',
    locked(good, {}, { dependencies: { a: '1.2.3', b: '1.0.0' } }),
  ],
  [
    'a range in package.json',
    'package.json: a is ^1.2.3, no exact version',
    locked(good, {}, { dependencies: { a: '^1.2.3' } }),
    { ...sound, dependencies: { a: '^1.2.3' } },
  ],
];

for (const [what, flaw, file, of = sound] of flawed) {
  test(`${what} is a flaw`, () => {
    const flaws = lockfileFlaws(of, file);
    assert.ok(flaws.includes(flaw), flaws.join('\n'));
  });
}

test('who has an install script is refused it by name', () => {
  const scripted = places.filter((place) => lockfile.packages[place]?.hasInstallScript).map(nameOf);
  const denied = Object.entries(manifest.allowScripts ?? {}).flatMap(([name, allowed]) => (allowed ? [] : [name]));
  // fsevents is macOS's, and never installed elsewhere.
  assert.equal([...new Set(scripted)].filter((name) => name !== 'fsevents').sort(), denied.sort());
});

test.run();
