import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blobcheck } from '../support/blobcheck.js';

const test = suite('usage');

const wrong: readonly [string, readonly string[], RegExp][] = [
  ['an unknown option', ['verify', '--al'], /unknown option '--al' \(Did you mean --all\?\)/],
  ['an option that resembles none', ['verify', '--xyzzy'], /unknown option '--xyzzy' \(see blobcheck verify --help\)/],
  ['an unknown command', ['verfy', 'x'], /unknown command 'verfy' \(Did you mean verify\?\)/],
  ['verify of nothing', ['verify'], /name a snapshot, or give --all, --image, --from-dir, --archive or --overlay/],
  ['names beside --all', ['verify', '--all', 'x'], /not both/],
  ['--overlay without --blobs', ['verify', '--overlay', 'x'], /--overlay needs --blobs DIR/],
  ['--overlay beside a snapshot', ['verify', 'x', '--overlay', 'y', '--blobs', 'z'], /goes with --blobs alone/],
  ['a command that is none', ['xyzzy'], /unknown command 'xyzzy' \(see blobcheck --help\)/],
  ['an empty name', ['verify', ''], /a name is empty/],
  ['an empty image', ['verify', '--image', ''], /a name is empty/],
  ['ensure of an empty name', ['ensure', ''], /a name is empty/],
  [
    'ensure from what nobody fetches',
    ['ensure', 'x', '--from', 'ftp://x/y'],
    /a file, or a URL of http or https, not ftp/,
  ],
  ['an age of centuries', ['verify', 'x', '--max-age', '10000'], /takes 0 to 9999 days/],
  ['seal of an empty name', ['seal', ''], /a name is empty/],
  ['--blobs without --overlay', ['verify', 'x', '--blobs', 'z'], /--blobs goes with --overlay/],
  ['an empty --blobs', ['verify', '--overlay', 'x', '--blobs', ''], /are not empty/],
  ['an empty --overlay', ['verify', '--overlay', '', '--blobs', '.'], /are not empty/],
  ['an empty --state-dir', ['seal', '--all', '--state-dir', ''], /--state-dir is empty/],
  ['a root for --overlay', ['verify', '--overlay', 'x', '--blobs', 'y', '--root-dir', 'z'], /say nothing of --overlay/],
  ['control characters in an option', ['hash', '--\u001b[31m'], /unknown option '--\\u001b\[31m'/],
  ['an engine that is none', ['hash', '--engine', 'md5', 'x'], /there is no engine 'md5'; it is native or wasm/],
  ['seal of nothing', ['seal'], /one of the three/],
  ['seal of all and one', ['seal', '--all', 'x'], /one of the three/],
  ['inspect without a file', ['inspect'], /missing required argument 'file'/],
  ['a code that is none', ['explain', 'blob-mising'], /there is no finding 'blob-mising'; did you mean blob-missing\?/],
  ['a code with nothing in common', ['explain', 'xyzzy'], /the codes are snapshot-not-found/],
];

for (const [what, args, message] of wrong) {
  test(`${what} is exit 2, one line on standard error and nothing on standard output`, () => {
    const run = blobcheck(args);
    assert.is(run.status, 2);
    assert.is(run.stdout, '');
    assert.match(run.stderr, message);
    assert.is(run.stderr.trimEnd().split('\n').length, 1);
  });
}

test('--version prints the version alone', () => {
  for (const flag of ['--version', '-V']) {
    const run = blobcheck([flag]);
    assert.is(run.status, 0);
    assert.match(run.stdout, /^\d+\.\d+\.\d+\n$/);
  }
});

test('--help lists every command and the exit codes', () => {
  const run = blobcheck(['--help']);
  assert.is(run.status, 0);
  for (const command of ['verify', 'seal', 'status', 'inspect', 'hash', 'explain', 'install', 'uninstall'])
    assert.match(run.stdout, command);
  assert.match(run.stdout, /0 allow, 1 deny, 2 wrong usage, 3 unverified/);
});

test('the help of every command lists the exit codes', () => {
  for (const command of ['verify', 'ensure', 'hash']) {
    assert.match(blobcheck([command, '--help']).stdout, /0 allow, 1 deny, 2 wrong usage, 3 unverified/);
  }
});

test('explain takes a code as somebody shouts it', () => {
  assert.match(blobcheck(['explain', 'BLOB-MISSING']).stdout, /^blob-missing \(error\)\n/);
});

test('explain tells what a code means, why it matters and how to mend it', () => {
  const run = blobcheck(['explain', 'vm-config-host-access']);
  assert.is(run.status, 0);
  assert.match(
    run.stdout,
    /^vm-config-host-access \(error\)\n {2}means .*\n {2}matters .*\n {2}mend .*--allow-vm-section/,
  );
});

test.run();
