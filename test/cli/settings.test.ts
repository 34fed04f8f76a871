import { spawnSync } from 'node:child_process';
import fs, { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stateDirectoryOption } from '../../lib/cli/options.js';
import { readSettings, type Settings } from '../../lib/cli/settings.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('the settings of a node');

const environment = { PATH: '/bin', BLOBCHECK_TIMEOUT: '5m', BLOBCHECK_MODE: 'warn' };

function fileOf(text: string | Uint8Array, mode = 0o644): string {
  const path = join(temporaryDirectory(), 'blobcheck.conf');
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** The settings that a file of root's with this text makes. */
function settingsOf(text: string | Uint8Array): Settings {
  return readSettings(environment, fileOf(text));
}

/** A file that does not count leaves the environment as it is, and is told with its reason. */
function ignored(path: string, reason: string): void {
  assert.equal(readSettings(environment, path), {
    env: environment,
    policies: [],
    problems: [`${path} is ignored: ${reason}`],
  });
}

const root = (name: string, run: () => void) => needs(['root'], test, name, run);

root('a key in the file wins over the environment, which counts for what is not in it', () => {
  const { env, policies, problems } = settingsOf('BLOBCHECK_TIMEOUT=1h\nBLOBCHECK_COCOON=/opt/cocoon\n');
  assert.equal(env, { ...environment, BLOBCHECK_TIMEOUT: '1h', BLOBCHECK_COCOON: '/opt/cocoon' });
  assert.equal([policies, problems], [[], []]);
});

root('a read that gives less than there is makes no other settings', () => {
  const { readSync } = fs;
  const shorter = (descriptor: number, buffer: Buffer, offset: number, length: number, position: number) =>
    readSync(descriptor, buffer, offset, Math.min(length, 7), position);
  fs.readSync = shorter as typeof readSync;
  syncBuiltinESMExports();
  try {
    const { env, problems } = settingsOf('BLOBCHECK_TIMEOUT=1h\nBLOBCHECK_STATE_DIR=/srv/blobcheck\n');
    assert.equal([env.BLOBCHECK_TIMEOUT, env.BLOBCHECK_STATE_DIR, problems], ['1h', '/srv/blobcheck', []]);
  } finally {
    fs.readSync = readSync;
    syncBuiltinESMExports();
  }
});

root('comments, blank lines, white space around a line and a missing last line break are no problem', () => {
  const { env, problems } = settingsOf(
    '# BLOBCHECK_MODE=off\n\n \t\r\n  # x\n \t BLOBCHECK_TIMEOUT=1h \r\nBLOBCHECK_NODE=/n',
  );
  assert.equal(problems, []);
  assert.equal([env.BLOBCHECK_MODE, env.BLOBCHECK_TIMEOUT, env.BLOBCHECK_NODE], ['warn', '1h', '/n']);
  assert.equal(settingsOf(''), { env: environment, policies: [], problems: [] });
});

root('white space that the scripts of the node do not take off is part of the value', () => {
  assert.is(settingsOf('BLOBCHECK_COCOON=/opt/cocoon\u00a0\n').env.BLOBCHECK_COCOON, '/opt/cocoon\u00a0');
});

root('the last of two lines counts, even if it is empty', () => {
  assert.is(settingsOf('BLOBCHECK_TIMEOUT=1h\nBLOBCHECK_TIMEOUT=2h\n').env.BLOBCHECK_TIMEOUT, '2h');
  assert.is(settingsOf('BLOBCHECK_TIMEOUT=1h\nBLOBCHECK_TIMEOUT=\n').env.BLOBCHECK_TIMEOUT, '5m');
});

root('an empty value leaves what the environment says', () => {
  assert.equal(settingsOf('BLOBCHECK_TIMEOUT=\nBLOBCHECK_STATE_DIR= \n').env, environment);
});

root('a value is taken as it stands', () => {
  for (const value of ['"/q"', "'/q'", '/a b', '/$HOME', '/x # y', '/a=b', '\\n', 'é']) {
    assert.is(settingsOf(`BLOBCHECK_STATE_DIR=${value}\n`).env.BLOBCHECK_STATE_DIR, value);
  }
});

const faulty: readonly (readonly [string, string])[] = [
  ['BLOBCHECK_TIMEOUT', 'it is no KEY=value'],
  ['BLOBCHECK_TIMEOUT =1h', 'it is no KEY=value'],
  ['export BLOBCHECK_TIMEOUT=1h', 'it is no KEY=value'],
  ['blobcheck_timeout=1h', 'it is no KEY=value'],
  ['PATH=/x', 'it is no KEY=value'],
  ['BLOBCHECK_NO_SUCH=1', 'there is no key BLOBCHECK_NO_SUCH'],
  ['BLOBCHECK_PULL_POLICY[]=Never', 'it is no KEY=value'],
  ['BLOBCHECK_PULL_POLICY[x]', 'it is no KEY=value'],
  ['BLOBCHECK_TIMEOUT[x]=1h', 'it is no KEY=value'],
  ['BLOBCHECK_PULL_POLICY[x]=never', "there is no pull policy 'never'; it is Always, IfNotPresent, Never"],
  ['BLOBCHECK_PULL_POLICY[x]=', "there is no pull policy ''; it is Always, IfNotPresent, Never"],
];
for (const [line, reason] of faulty) {
  root(`the line ${line} is told with its number, and the others count`, () => {
    const path = fileOf(`# first\nBLOBCHECK_NODE=/n\n${line}\nBLOBCHECK_COCOON=/c\n`);
    const { env, policies, problems } = readSettings(environment, path);
    assert.equal(problems, [`${path}, line 3: ${reason}`]);
    assert.equal(env, { ...environment, BLOBCHECK_NODE: '/n', BLOBCHECK_COCOON: '/c' });
    assert.equal(policies, []);
  });
}

root('patterns stand in the order of the file, and may hold brackets and equals signs', () => {
  const lines = ['[simular/*]=Never', '[win[0-9]:v1]=Always', '[a]=b]=IfNotPresent', '[*]=Always'];
  const { policies, problems, env } = settingsOf(lines.map((line) => `BLOBCHECK_PULL_POLICY${line}\n`).join(''));
  assert.equal(problems, []);
  assert.equal(policies, [
    { pattern: 'simular/*', policy: 'Never' },
    { pattern: 'win[0-9]:v1', policy: 'Always' },
    { pattern: 'a]=b', policy: 'IfNotPresent' },
    { pattern: '*', policy: 'Always' },
  ]);
  assert.is(env.BLOBCHECK_PULL_POLICY, undefined);
});

root('names of JavaScript’s own are no keys', () => {
  assert.is(settingsOf('BLOBCHECK___PROTO__=1\n__proto__=1\n').problems.length, 2);
});

root('a file of 64 KiB is read, one of a byte more is ignored', () => {
  const line = 'BLOBCHECK_TIMEOUT=1h\n';
  const filled = (bytes: number) => `${line}${'#'.repeat(bytes - line.length)}`;
  assert.is(settingsOf(filled(65536)).env.BLOBCHECK_TIMEOUT, '1h');
  ignored(fileOf(filled(65537)), 'it has more than 65536 bytes');
});

test('without a file the environment counts, and nobody complains', () => {
  const directory = temporaryDirectory();
  const nothing = { env: environment, policies: [], problems: [] };
  assert.equal(readSettings(environment, join(directory, 'absent/blobcheck.conf')), nothing);
  assert.equal(readSettings(environment, join(fileOf(''), 'blobcheck.conf')), nothing);
});

const text = 'BLOBCHECK_MODE=off\n';

root('a file that others can write, or that is another’s, is ignored', () => {
  ignored(fileOf(text, 0o664), 'others than root can write it');
  ignored(fileOf(text, 0o646), 'others than root can write it');
  const path = fileOf(text);
  chownSync(path, 65534, 0);
  ignored(path, 'it belongs to user 65534, not to root');
  chownSync(path, 0, 65534);
  assert.is(readSettings(environment, path).env.BLOBCHECK_MODE, 'off', 'its group alone is nothing');
});

test('what is no regular file is ignored, and a FIFO is not waited for', () => {
  const path = fileOf(text);
  const link = `${path}.link`;
  symlinkSync(path, link);
  ignored(link, 'it is a symbolic link');
  rmSync(path);
  mkdirSync(path);
  ignored(path, 'it is no regular file');
  rmSync(path, { recursive: true });
  assert.is(spawnSync('mkfifo', [path]).status, 0);
  ignored(path, 'it is no regular file');
});

test('a link to nothing is ignored, and told', () => {
  const path = join(temporaryDirectory(), 'blobcheck.conf');
  symlinkSync('absent', path);
  ignored(path, 'it is a symbolic link');
});

test('the state directory is that of the option, then of the variable, then the system’s', () => {
  const env = { BLOBCHECK_STATE_DIR: '/of/the/variable' };
  assert.is(stateDirectoryOption({ stateDir: '/of/the/option' }, env), '/of/the/option');
  assert.is(stateDirectoryOption({}, env), '/of/the/variable');
  assert.is(stateDirectoryOption({}, { BLOBCHECK_STATE_DIR: '' }), '/var/lib/blobcheck');
  assert.is(stateDirectoryOption({}, {}), '/var/lib/blobcheck');
});

test.run();
