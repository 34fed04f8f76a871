import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolveLocation } from '../../lib/store/location.js';
import { temporaryDirectory } from '../support/temporary.js';
import { refusal } from './refusal.js';

const test = suite('where the root is');

function config(name: string, text: string): string {
  const path = join(temporaryDirectory(), name);
  writeFileSync(path, text);
  return path;
}

test('by default the root that cocoon uses, and no engine', async () => {
  assert.equal(await resolveLocation({ env: {} }), { root: '/var/lib/cocoon', metaBackend: null });
});

test('flag before environment before configuration before default', async () => {
  const configFile = config('cocoon.json', '{"root_dir": "/from-file", "meta_backend": "json"}');
  const env = { COCOON_ROOT_DIR: '/from-env', COCOON_META_BACKEND: 'sqlite' };
  assert.is((await resolveLocation({ rootDir: '/from-flag', configFile, env })).root, '/from-flag');
  assert.equal(await resolveLocation({ configFile, env }), {
    root: '/from-env',
    configFile,
    metaBackend: 'sqlite',
  });
  assert.equal(await resolveLocation({ configFile, env: {} }), {
    root: '/from-file',
    configFile,
    metaBackend: 'json',
  });
});

test('the run directory is found in the same way, and is absent where nobody says', async () => {
  const configFile = config('cocoon.json', '{"run_dir": "/from-file"}');
  const env = { COCOON_RUN_DIR: 'from-env' };
  assert.is((await resolveLocation({ runDir: '/from-flag', configFile, env })).runDir, '/from-flag');
  assert.is((await resolveLocation({ configFile, env, cwd: '/work' })).runDir, '/work/from-env');
  assert.is((await resolveLocation({ configFile, env: { COCOON_RUN_DIR: '' } })).runDir, '/from-file');
  assert.is((await resolveLocation({ env: {} })).runDir, undefined);
});

test('an empty variable is an unset one, an empty flag is none', async () => {
  const env = { COCOON_ROOT_DIR: '', COCOON_META_BACKEND: '' };
  assert.is((await resolveLocation({ env, configFile: config('c.yaml', 'root_dir: /from-file') })).root, '/from-file');
  assert.is((await resolveLocation({ env })).root, '/var/lib/cocoon');
  await refusal(resolveLocation({ rootDir: '', env: {} }), 'metadata-unreadable', /root_dir must not be empty/);
});

test('the ending says the format, and keys are without case', async () => {
  for (const configFile of [
    config('c.json', '{"Root_Dir": "/r"}'),
    config('c.yaml', '# cocoon\nROOT_DIR: "/r"\n'),
    config('c.yml', 'root_dir: /r\nlog: {level: debug}\n'),
    config('c.toml', 'root_dir = "/r"\n[log]\nlevel = "debug"\n'),
  ]) {
    assert.is((await resolveLocation({ configFile, env: {} })).root, '/r', configFile);
  }
});

test('an empty YAML or TOML file sets nothing; null sets nothing', async () => {
  for (const configFile of [config('c.yaml', ''), config('c.toml', ''), config('c.json', '{"root_dir": null}')]) {
    assert.is((await resolveLocation({ configFile, env: {} })).root, '/var/lib/cocoon', configFile);
  }
});

test('what cocoon would refuse, or we cannot read, names the file and the reason', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [config('c.ini', 'root_dir=/r'), /format "ini"/],
    [config('c.JSON', '{}'), /format "JSON"/],
    [config('config', '{}'), /without an ending/],
    [config('c.json', '{"root_dir": "/r"'), /cannot read the configuration file/],
    [config('c.json', ''), /cannot read the configuration file/],
    [config('c.json', '["/r"]'), /not a table of keys/],
    [config('c.yaml', 'root_dir: [unclosed'), /cannot read the configuration file/],
    [config('c.toml', 'root_dir = /r'), /cannot read the configuration file/],
    [config('c.json', '{"root_dir": 7}'), /"root_dir" .* not a string/],
    [config('c.json', '{"root_dir": "/a", "ROOT_DIR": "/b"}'), /"root_dir" stands there twice/],
    [config('c.json', '{"meta_backend": "SQLite"}'), /neither sqlite nor json/],
    [config('c.json', `"${'x'.repeat(1024 * 1024)}"`), /more than 1048576/],
    [join(temporaryDirectory(), 'absent.json'), /ENOENT/],
  ];
  for (const [configFile, reason] of cases) {
    await refusal(resolveLocation({ configFile, env: {} }), 'metadata-unreadable', reason);
  }
  const directory = join(temporaryDirectory(), 'c.json');
  mkdirSync(directory);
  await refusal(resolveLocation({ configFile: directory, env: {} }), 'metadata-unreadable', /a directory stands there/);
});

test('a configuration file may be a link, as cocoon follows it', async () => {
  const link = join(temporaryDirectory(), 'link.json');
  symlinkSync(config('c.json', '{"root_dir": "/r"}'), link);
  assert.is((await resolveLocation({ configFile: link, env: {} })).root, '/r');
});

test('behind a link `..` leads where the kernel goes, as for cocoon', async () => {
  const [here, there] = [temporaryDirectory(), temporaryDirectory()];
  mkdirSync(join(there, 'sub'));
  symlinkSync(join(there, 'sub'), join(here, 'link'));
  writeFileSync(join(here, 'c.json'), '{"root_dir": "/cleaned"}');
  writeFileSync(join(there, 'c.json'), '{"root_dir": "/opened"}');
  assert.is((await resolveLocation({ configFile: `${here}/link/../c.json`, env: {} })).root, '/opened');
  assert.is((await resolveLocation({ configFile: 'link/../c.json', env: {}, cwd: here })).root, '/opened');
});

test('relative paths are relative to the working directory', async () => {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, 'c.json'), '{"root_dir": "root/../elsewhere"}');
  const root = async (rootDir?: string) =>
    (await resolveLocation({ rootDir, configFile: 'c.json', env: {}, cwd })).root;
  assert.is(await root(), join(cwd, 'elsewhere'));
  assert.is(await root('root/'), join(cwd, 'root'));
});

test.run();
