import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('lists of sums');

const characters = Array.from({ length: 0x100 }, (_, code) => String.fromCodePoint(code));
/** Every character that a name can have up to U+00FF, and those that mean something to a shell, a terminal or a list. */
const names = [
  ...characters
    .filter((character) => character !== '\0' && character !== '/' && character !== '.')
    .map((character) => `a${character}`),
  ...[
    '-',
    '--',
    '-dash',
    '--help',
    '..a',
    '.hidden',
    ' ',
    ' lead',
    'trail ',
    '  two',
    '*',
    '*bin',
    '$(x)',
    '`x`',
    "'",
    '"',
  ],
  ...[
    '\\n',
    '\\\\',
    '\\',
    'a\n',
    '\na',
    'a\r\nb',
    '\u001b[31m',
    '\u2028',
    '\ufeff',
    '\u{10ffff}',
    'e\u0301',
    'é',
    '😀',
  ],
  ...['sub/a\nb', 'sub dir/x', 'b'.repeat(255), `${'0'.repeat(64)}  x`, 'SHA256 (x) = y', '#', '\u200f'],
];

needs(['sha256sum'], test, 'of files with any name are those of sha256sum, byte for byte, and it reads ours', () => {
  const directory = temporaryDirectory();
  for (const [at, name] of names.entries()) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), `content ${at}`);
  }
  for (const listed of [names, names.map((name) => `./${name}`), names.map((name) => join(directory, name))]) {
    // `-` is standard input to the one and a file to the other.
    const files = listed.filter((name) => name !== '-');
    const ours = spawnSync(process.execPath, [program, 'hash', '--', ...files], { cwd: directory });
    const theirs = spawnSync('sha256sum', ['--', ...files], { cwd: directory });
    assert.is(ours.stderr.toString(), '');
    assert.is(ours.status, 0);
    assert.is(ours.stdout.toString('latin1'), theirs.stdout.toString('latin1'));
    const checked = spawnSync('sha256sum', ['-c', '--strict', '--quiet', '-'], { cwd: directory, input: ours.stdout });
    assert.is(checked.status, 0, checked.stderr.toString());
  }
});

needs(['sha256sum'], test, 'tell sha256sum of every file that was changed', () => {
  const directory = temporaryDirectory();
  const files = ['a', 'b\n', 'c\\'].map((name) => join(directory, name));
  for (const file of files) writeFileSync(file, 'x');
  const ours = spawnSync(process.execPath, [program, 'hash', ...files]);
  writeFileSync(files[1] ?? '', 'y');
  const checked = spawnSync('sha256sum', ['-c', '--strict', '-'], { input: ours.stdout, encoding: 'utf8' });
  assert.is(checked.status, 1);
  assert.match(checked.stdout, /FAILED/);
  assert.is(checked.stdout.match(/: OK$/gm)?.length, 2);
});

test.run();
