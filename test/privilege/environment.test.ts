/** What a caller can say to root by its environment, if sudo lets it call the hook or the guard and keeps what it says. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { smallNode } from '../builders/small-node.js';
import { hookEnvironment, hookScript } from '../cli/hooked.js';
import { blobcheck } from '../support/blobcheck.js';
import { GuardedNode, shells } from '../support/guarded-node.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('the environment of root');

/** By these Node loads code or settings, becomes another kind of process, or writes a file, before it reads our program. */
const ofNode = [
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_COMPILE_CACHE',
  'NODE_V8_COVERAGE',
  'NODE_REDIRECT_WARNINGS',
  'NODE_ICU_DATA',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_UNIQUE_ID',
  'NODE_TEST_CONTEXT',
  'OPENSSL_CONF',
  'OPENSSL_CONF_INCLUDE',
  'OPENSSL_MODULES',
  'OPENSSL_ENGINES',
];
const hostile = Object.fromEntries(ofNode.map((name) => [name, '/tmp/hostile']));
/** What a caller may need, and cocoon reads too. */
const harmless = { HTTPS_PROXY: 'http://proxy:3128', SSL_CERT_FILE: '/etc/ssl/own.pem', NODE_EXTRA_CA_CERTS: '/x.pem' };

for (const shell of shells) {
  const node = new GuardedNode(shell);
  const namesSeen = () =>
    node
      .read('program-environment')
      .split('\0')
      .map((line) => line.slice(0, line.indexOf('=')));
  const seesOnly = (names: readonly string[]) => {
    assert.equal(
      names.filter((name) => name in hostile),
      [],
    );
    for (const name of Object.keys(harmless)) assert.ok(names.includes(name), name);
  };

  needs(
    [shell.name],
    test,
    `${shell.name}: the hook starts Node without what would make it load or write a file`,
    () => {
      node.verdict('cat "/proc/$$/environ" >"$directory/program-environment"; exit 0');
      for (const program of [node.preClone, node.guard]) {
        const args = program === node.guard ? ['vm', 'clone', 'S'] : ['S'];
        assert.is(node.run(args, { program, env: { ...hostile, ...harmless } }).status, 0);
        seesOnly(namesSeen());
      }
    },
  );

  needs([shell.name], test, `${shell.name}: and so does the guard, to have an image sealed`, () => {
    node.cocoonDoes('cat "/proc/$$/environ" >"$directory/program-environment"');
    const run = node.run(['image', 'pull', 'I'], { env: { ...hostile, ...harmless } });
    assert.equal(run.ran, ['image', 'pull', 'I']);
    seesOnly(namesSeen());
  });

  needs(
    [shell.name],
    test,
    `${shell.name}: an IFS, a CDPATH and an ENV of the caller change no word of the question`,
    () => {
      node.verdict('exit 0');
      const odd = temporaryDirectory();
      writeFileSync(join(odd, 'env'), `: >${join(odd, 'ran')}\n`);
      for (const ifs of ['/', '-', 'o', '\n', '']) {
        const env = { IFS: ifs, CDPATH: '/', ENV: join(odd, 'env'), BASH_ENV: join(odd, 'env') };
        const run = node.run(['--root-dir', '/a b', 'vm', 'clone', '--cpu', '2', 'S-o/x'], { env });
        assert.equal(
          run.asked,
          ['hook', '--operation', 'clone', '--root-dir', '/a b', '--', 'S-o/x'],
          JSON.stringify(ifs),
        );
        assert.equal(run.ran, ['--root-dir', '/a b', 'vm', 'clone', '--cpu', '2', 'S-o/x']);
      }
      assert.not(existsSync(join(odd, 'ran')));
    },
  );
}

test('what NODE_OPTIONS of the caller would load is not loaded by the real program, and its verdict is the same', () => {
  const node = smallNode();
  const place = temporaryDirectory();
  writeFileSync(join(place, 'hostile.cjs'), `require('fs').writeFileSync(${JSON.stringify(join(place, 'ran'))}, '')`);
  const NODE_OPTIONS = `--require=${join(place, 'hostile.cjs')}`;
  const ask = (env: NodeJS.ProcessEnv) => hookScript(node, ['--root-dir', node.root.directory, 'app:v1'], env);
  assert.is(ask(hookEnvironment({ NODE_OPTIONS, BLOBCHECK_STATE_DIR: node.state })).status, 0);
  assert.not(existsSync(join(place, 'ran')));
});

test('a file that root alone may read is not told by what is wrong with it as a configuration', () => {
  const place = temporaryDirectory();
  const texts = [
    'root:$6$sEcReT:19000:0:99999:7:::\n',
    'sEcReT',
    '[sEcReT]\nsEcReT\n',
    '{"sEcReT',
    '- sEcReT: [sEcReT\n',
  ];
  for (const [at, text] of texts.entries()) {
    for (const ending of ['json', 'yaml', 'toml']) {
      const file = join(place, `shadow-${at}.${ending}`);
      writeFileSync(file, text);
      const run = blobcheck(['verify', '--all', '--config', file, '--state-dir', place]);
      assert.is(run.status, 3);
      assert.not.match(run.stdout + run.stderr, /sEcReT|\$6/);
    }
  }
});

test.run();
