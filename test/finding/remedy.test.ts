import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  blobcheckCommand,
  cocoonCommand,
  commandRemedy,
  quoteForShell,
  wordsRemedy,
} from '../../lib/finding/remedy.js';

const test = suite('remedy');

/** Prints its arguments, each ended by a NUL, which no argument can hold. */
const echo = [
  process.execPath,
  '-e',
  "for (const word of process.argv.slice(1)) process.stdout.write(word + '\\0')",
  '--',
];

/** The arguments that a program gets when the line is pasted into `sh`. */
function pasted(line: string, environment: NodeJS.ProcessEnv = {}): string[] {
  const run = spawnSync('sh', ['-c', line], { encoding: 'utf8', cwd: '/', env: { HOME: '/root', ...environment } });
  assert.is(run.stderr, '');
  assert.is(run.status, 0);
  return run.stdout.split('\0').slice(0, -1);
}

/** The command that prints the values after it; its own words are harmless once they are quoted. */
function printing(values: readonly string[]) {
  return commandRemedy([{ words: echo.map(quoteForShell), values }], 'words');
}

const hostile = [
  '',
  ' ',
  'two words',
  "it's",
  "'",
  "''",
  '"',
  '\\',
  "\\'",
  '$(touch /tmp/owned)',
  '`id`',
  '$HOME',
  `\${IFS}`,
  '~',
  '~root',
  '*',
  '/*',
  '?',
  '[a-z]*',
  '{a,b}',
  '!!',
  '#comment',
  ';id',
  '&& id',
  '| id',
  '> /tmp/x',
  '<x',
  '(id)',
  'a=b',
  '%1',
  '^x',
  'simular/win11:v1',
  'https://images.example.com/a?b=c&d=$(id)#e',
  'ümlaut',
  '日本語',
  '👩🚀',
  '\u00a0',
];

for (const value of hostile) {
  test(`${JSON.stringify(value)} reaches the program as one word`, () => {
    const { remedy, remedyArgv } = printing([value, 'end']);
    assert.equal(pasted(remedy ?? ''), [value, 'end']);
    assert.equal(remedyArgv?.slice(echo.length), [value, 'end']);
  });
}

test('all of them at once reach the program as they are', () => {
  assert.equal(pasted(printing(hostile).remedy ?? ''), hostile);
});

for (const value of ['-x', '--force', '-', '--']) {
  test(`${value} is quoted and stands behind --`, () => {
    const { remedy, remedyArgv } = commandRemedy([{ words: ['blobcheck', 'seal'], values: [value] }], 'words');
    assert.is(remedy, `blobcheck seal -- '${value}'`);
    assert.equal(remedyArgv, ['blobcheck', 'seal', '--', value]);
    const print = printing([value]);
    assert.equal(pasted(print.remedy ?? ''), print.remedyArgv?.slice(echo.length));
  });
}

test('what node it is about stands ahead of the values, and of the -- before them', () => {
  const place = { blobcheck: [['--root-dir', '/a b']], cocoon: [['--root-dir', '/c']] } as const;
  const ours = blobcheckCommand(place, ['seal'], ['-x']);
  const { remedy, remedyArgv } = commandRemedy([ours], 'words');
  assert.is(remedy, "blobcheck seal --root-dir '/a b' -- '-x'");
  assert.equal(remedyArgv, ['blobcheck', 'seal', '--root-dir', '/a b', '--', '-x']);
  const both = commandRemedy([ours, cocoonCommand(place, ['image', 'pull'], ['y'])], 'words');
  assert.is(both.remedy, `${remedy} && cocoon image pull --root-dir /c y`);
  const broken = { ...place, blobcheck: [['--root-dir', '/a\nb']] } as const;
  assert.is(commandRemedy([blobcheckCommand(broken, ['seal'], ['x'])], 'by hand').remedy, 'by hand');
});

test('a dash inside a value is no option', () => {
  assert.is(commandRemedy([{ words: ['x'], values: ['a-b'] }], 'words').remedy, 'x a-b');
});

const unpastable = [
  'a\nb',
  'a\rb',
  'a\tb',
  'a\0b',
  '\x1b[2J',
  'a\x7f',
  'a\x85b',
  'a\u2028b',
  'a\u202eb',
  'a\u200bb',
  '\ud800',
];
for (const value of unpastable) {
  test(`${JSON.stringify(value)} gets words instead of a command`, () => {
    const command = { words: ['rm'], values: ['harmless', value] };
    assert.equal(commandRemedy([command], 'do it by hand'), { remedy: 'do it by hand', remedyArgv: null });
    const harmless = { words: ['ls'], values: ['/'] };
    assert.equal(commandRemedy([harmless, command], 'do it by hand'), { remedy: 'do it by hand', remedyArgv: null });
  });
}

test('a harmless word stands as it is', () => {
  const word = 'AZaz09_@%+=:,./-';
  assert.is(quoteForShell(word), word);
});

test('a word with anything else is in single quotes', () => {
  assert.is(quoteForShell('a b'), "'a b'");
  assert.is(quoteForShell("it's"), "'it'\\''s'");
  assert.is(quoteForShell(''), "''");
  assert.is(quoteForShell('-x'), "'-x'");
  assert.is(quoteForShell('a\n'), "'a\n'");
});

test('several commands wait for each other and have no argv', () => {
  const { remedy, remedyArgv } = commandRemedy(
    [
      { words: ['mv'], values: ['/a b', '/c'] },
      { words: ['cocoon', 'image', 'pull'], values: ['-x'] },
    ],
    'words',
  );
  assert.is(remedy, "mv '/a b' /c && cocoon image pull -- '-x'");
  assert.is(remedyArgv, null);
});

test('the second command is not run when the first fails', () => {
  const fails = { words: ['false'], values: [] };
  const { remedy } = commandRemedy([fails, { words: ['echo'], values: ['run'] }], 'words');
  const run = spawnSync('sh', ['-c', remedy ?? ''], { encoding: 'utf8' });
  assert.is(run.status, 1);
  assert.is(run.stdout, '');
});

test('words are no command', () => {
  assert.equal(wordsRemedy('ask again'), { remedy: 'ask again', remedyArgv: null });
});

test.run();
