import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryDirectory } from '../support/temporary.js';
import { manifest, places, project } from './project.js';

const test = suite('npm run audit');

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
}

function audit(words: readonly string[], path = process.env.PATH): Ran {
  const argv = [join(project, 'build/audit.mjs'), ...words];
  const { status, stdout } = spawnSync(process.execPath, argv, {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  return { status, stdout };
}

/** An npm that answers as told about the package that is known to be affected, and about the project. */
function withNpm(aboutCanary: unknown, aboutProject: unknown): Ran {
  const directory = temporaryDirectory();
  const [canary, whole] = ['canary.json', 'project.json'].map((name) => join(directory, name));
  const text = (answer: unknown) => (typeof answer === 'string' ? answer : JSON.stringify(answer));
  writeFileSync(canary ?? '', text(aboutCanary));
  writeFileSync(whole ?? '', text(aboutProject));
  const script = `#!/bin/sh\nif grep -q '"probe"' package.json; then cat ${canary}; else cat ${whole}; fi\nexit 1\n`;
  writeFileSync(join(directory, 'npm'), script, { mode: 0o755 });
  return audit([], `${directory}:${process.env.PATH}`);
}

const advisory = { title: 'Prototype Pollution', url: 'https://example.com/GHSA-1' };
const found = { auditReportVersion: 2, vulnerabilities: { minimist: lineOf('minimist') } };
const nothing = { auditReportVersion: 2, vulnerabilities: {} };

function lineOf(name: string): unknown {
  return { name, severity: 'high', range: '<1.0.0', via: [advisory, 'another'] };
}

test('passes where the registry knows advisories, and none of ours', () => {
  const { status, stdout } = withNpm(found, nothing);
  assert.is(stdout, `${places.length} packages, 0 with a known advisory, says the registry\n`);
  assert.is(status, 0);
});

test('names the advisory and fails where there is one', () => {
  const { status, stdout } = withNpm(found, { auditReportVersion: 2, vulnerabilities: { yaml: lineOf('yaml') } });
  assert.match(stdout, 'yaml <1.0.0 (high): Prototype Pollution https://example.com/GHSA-1; by another\n');
  assert.match(stdout, ', 1 with a known advisory, says the registry\n');
  assert.is(status, 1);
});

const silences: readonly (readonly [what: string, canary: unknown, whole: unknown, why: string])[] = [
  ['has no advisories at all', nothing, nothing, 'it knows nothing of minimist 0.0.8'],
  ['says an error', { error: { summary: 'not to be found' } }, nothing, 'not to be found'],
  ['cannot be reached', { message: 'request to the registry failed' }, nothing, 'request to the registry failed'],
  ['gives no JSON', '<html>', nothing, 'npm gave no report'],
  ['falls silent after the first answer', found, '', 'npm gave no report'],
];
for (const [what, canary, whole, why] of silences) {
  test(`is no pass where the registry ${what}`, () => {
    const { status, stdout } = withNpm(canary, whole);
    assert.match(stdout, `NOT CHECKED: the registry's advisories could not be reached (${why}). That is no pass`);
    assert.is(status, 3);
  });
}

test('is no pass where there is no npm', () => {
  const { status, stdout } = audit([], temporaryDirectory());
  assert.match(stdout, 'NOT CHECKED');
  assert.is(status, 3);
});

/** A list with these advisories, each of one package of npm's. */
function listOf(...affected: readonly object[]): string {
  const directory = temporaryDirectory();
  const place = join(directory, 'advisories/2026/11');
  mkdirSync(place, { recursive: true });
  for (const [at, entry] of affected.entries()) {
    const advisory = { id: `GHSA-${at}`, modified: '2026-11-20T10:00:00Z', summary: 'it hangs', affected: [entry] };
    writeFileSync(join(place, `GHSA-${at}.json`), JSON.stringify(advisory));
  }
  return directory;
}

const yaml = (events: readonly object[], more: object = {}) => ({
  package: { ecosystem: 'npm', name: 'yaml' },
  ranges: [{ type: 'SEMVER', events }],
  ...more,
});
const installed = manifest.dependencies.yaml ?? '';

const lists: readonly (readonly [what: string, entry: object, status: number])[] = [
  ['every version', yaml([{ introduced: '0' }]), 1],
  ['what came before the installed version', yaml([{ introduced: '0' }, { fixed: installed }]), 0],
  ['what came before a pre-release of it', yaml([{ introduced: '0' }, { fixed: `${installed}-rc.1` }]), 0],
  ['what comes before a later one', yaml([{ introduced: '0' }, { fixed: '999.0.0' }]), 1],
  ['all up to the installed version', yaml([{ introduced: '0' }, { last_affected: installed }]), 1],
  ['all up to an earlier one', yaml([{ introduced: '0' }, { last_affected: '0.9.9' }]), 0],
  ['what came back later', yaml([{ fixed: '1.0.0' }, { introduced: '999.0.0' }, { introduced: '0' }]), 0],
  ['what came back before', yaml([{ introduced: '0' }, { fixed: '0.2.0' }, { introduced: '1.10.0' }]), 1],
  ['the installed version by its name', yaml([], { versions: [installed] }), 1],
  [
    'a package of the same name elsewhere',
    { ...yaml([{ introduced: '0' }]), package: { ecosystem: 'PyPI', name: 'yaml' } },
    0,
  ],
];
for (const [what, entry, expected] of lists) {
  test(`a list's advisory about ${what} ${expected === 1 ? 'counts' : 'does not count'}`, () => {
    const other = { ...yaml([{ introduced: '0' }]), package: { ecosystem: 'npm', name: 'of-nobody' } };
    const { status, stdout } = audit(['--list', listOf(entry, other)]);
    assert.is(status, expected, stdout);
    assert.match(stdout, 'the newest of 2026-11-20T10:00:00Z');
    if (expected === 1) assert.match(stdout, `yaml@${installed}: GHSA-0 it hangs\n`);
  });
}

test('a list without a word about npm is no pass, and neither is one that is not there', () => {
  assert.is(audit(['--list', temporaryDirectory()]).status, 3);
  const { status, stdout } = audit(['--list', join(temporaryDirectory(), 'absent')]);
  assert.is(status, 3);
  assert.match(stdout, 'NOT CHECKED');
});

test('an unknown option is wrong usage', () => {
  assert.is(audit(['--lists']).status, 2);
});

test.run();
