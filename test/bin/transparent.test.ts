import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GuardedNode, shells } from '../support/guarded-node.js';
import { needs } from '../support/requires.js';

const test = suite('cocoon-guard is not there for whoever calls cocoon');

const odd = [
  '',
  ' ',
  '-',
  '--x',
  '$(touch x)',
  '`touch x`',
  '"',
  "'",
  '\\',
  'a\nb\n',
  '*',
  '~',
  '\u0001',
  '\ufeffé',
  '%s',
];

/** What a shell itself sets or drops, whatever the script does. */
const ofTheShell = ['PWD', 'OLDPWD', 'SHLVL', '_'];

const callers = {
  IFS: ' \t\n',
  LC_ALL: 'C',
  LANG: 'xx',
  EMPTY: '',
  NEWLINE: 'a\nb',
  QUOTES: `'"\`$(touch x)\\`,
  NODE_OPTIONS: '--no-warnings',
  COCOON_ROOT_DIR: '/r',
  CDPATH: '/',
  line: 'l',
  mode: 'm',
  here: 'h',
};

/** One command that is judged, one that is not, and what is said of the mode. */
const ways: readonly (readonly [what: string, args: readonly string[], env: NodeJS.ProcessEnv])[] = [
  ['judged', ['vm', 'clone'], {}],
  ['not judged', ['vm', 'exec'], {}],
  ['off', ['vm', 'clone'], { BLOBCHECK_MODE: 'off' }],
];

function environmentOf(text: string): Record<string, string> {
  const entries = text.split('\0').slice(0, -1);
  const pairs = entries.map((entry): [string, string] => {
    const at = entry.indexOf('=');
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
  return Object.fromEntries(pairs.filter(([name]) => !ofTheShell.includes(name)));
}

for (const shell of shells) {
  const node = new GuardedNode(shell);
  for (const [what, words, env] of ways) {
    const name = `${shell.name}, ${what}`;
    const args = [...words, ...odd];

    needs([shell.name], test, `${name}: cocoon gets the same arguments, environment and directory`, () => {
      const run = node.run(args, { env: { ...env, ...callers }, cwd: '/proc' });
      assert.is(run.status, 0);
      assert.is(run.stdout, '');
      assert.equal(run.ran, args);
      assert.equal(environmentOf(node.read('environment')), node.environment({ ...env, ...callers }));
      assert.is(node.read('cwd'), '/proc');
    });

    needs([shell.name], test, `${name}: cocoon's streams and exit code are its caller's`, () => {
      node.cocoonDoes('cat; echo error >&2; exit 42');
      const run = node.run(args, { env, input: 'in\u0000put' });
      assert.is(run.status, 42);
      assert.is(run.stdout, 'in\u0000put');
      assert.match(run.stderr, /(^|\n)error\n$/);
    });

    needs([shell.name], test, `${name}: cocoon's death by a signal is seen`, () => {
      for (const signal of ['KILL', 'TERM', 'SEGV']) {
        node.cocoonDoes(`kill -${signal} $$`);
        assert.is(node.run(args, { env }).signal, `SIG${signal}`);
      }
    });

    needs([shell.name], test, `${name}: a signal that the caller ignores stays ignored`, () => {
      node.cocoonDoes('grep ^SigIgn: /proc/$$/status');
      const bare = node.run([], { program: node.cocoon, before: ['sh', '-c', 'trap "" HUP; exec "$0" "$@"'] }).stdout;
      const run = node.run(args, { env, before: ['sh', '-c', 'trap "" HUP; exec "$0" "$@"'] });
      assert.match(bare, /1\n$/);
      assert.is(run.stdout, bare);
    });

    // Compared with a script that does nothing but exec: bash leaves its script open where standard error is closed.
    needs([shell.name], test, `${name}: cocoon has the caller's descriptors, no more and no fewer`, () => {
      node.cocoonDoes('exit 0');
      const bare = node.write('bare', `#!${node.interpreter}\nexec "$BLOBCHECK_COCOON"\n`, 0o755);
      for (const redirections of ['', '7<&0', '0<&-', '1>&-', '2>&-', '0<&- 1>&- 2>&-', '3>&1 4>&2']) {
        const before = ['sh', '-c', `exec "$0" "$@" ${redirections}`];
        const numbers = () => [...node.read('descriptors').matchAll(/ (\d+) -> /g)].map((match) => match[1]);
        node.run([], { program: bare, before });
        const expected = numbers();
        assert.is(node.run(args, { env, before }).status, 0, redirections);
        assert.equal(numbers(), expected, redirections);
      }
    });
  }

  needs([shell.name], test, `${shell.name}: a clone that is denied is exit 1 and nothing on standard output`, () => {
    for (const verdict of ['exit 1', 'exit 2', 'exit 3', 'kill -9 $$']) {
      node.verdict(verdict);
      const run = node.run(['vm', 'clone', 'S']);
      assert.is(run.status, 1);
      assert.is(run.stdout, '');
      assert.is(run.ran, null);
    }
    node.verdict('exit 0');
  });

  needs([shell.name], test, `${shell.name}: pulls and imports of images run inside of \`sealing\``, () => {
    node.cocoonDoes('cat; exit 5');
    for (const words of [
      ['image', 'pull', '--force', 'https://x/y z'],
      ['image', 'import', 'NAME', '--', '-'],
    ]) {
      const args = ['--root-dir', '/a', ...words.slice(0, 2), '--root-dir=/b c', '--config', '', ...words.slice(2)];
      const run = node.run(args, { input: 'bytes' });
      assert.equal(run.asked, ['sealing', '--root-dir', '/b c', '--config', '', '--', node.cocoon, ...args]);
      assert.equal(run.ran, args);
      assert.is(run.status, 5);
      assert.match(run.stdout, /bytes$/);
      assert.equal(node.run(words).asked, ['sealing', '--', node.cocoon, ...words]);
    }
  });

  needs(
    [shell.name],
    test,
    `${shell.name}: without node an image is pulled all the same, with a line; off and help have none`,
    () => {
      const without = node.run(['image', 'pull', 'I'], { env: { BLOBCHECK_NODE: '/x' } });
      assert.equal(without.ran, ['image', 'pull', 'I']);
      assert.is(without.status, 5);
      assert.is(without.stderr, 'blobcheck: there is no Node at /x (BLOBCHECK_NODE), so no image is sealed\n');
      const off = node.run(['image', 'pull', 'I'], { env: { BLOBCHECK_MODE: 'off', BLOBCHECK_NODE: '/x' } });
      const help = node.run(['image', 'pull', '--help']);
      for (const run of [off, help]) {
        assert.is(run.asked, null);
        assert.is(run.stderr, '');
        assert.is(run.status, 5);
      }
    },
  );

  needs([shell.name], test, `${shell.name}: it is cocoon by another name, through links too`, () => {
    symlinkSync('../bin/cocoon-guard', join(node.directory, 'real/link'));
    symlinkSync('link', join(node.directory, 'real/cocoon-link'));
    const run = node.run(['vm', 'clone', 'S'], { program: join(node.directory, 'real/cocoon-link') });
    assert.equal(run.asked, ['hook', '--operation', 'clone', '--', 'S']);
    assert.equal(run.ran, ['vm', 'clone', 'S']);
  });
}

test.run();
