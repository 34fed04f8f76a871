import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GuardedNode, shells } from '../support/guarded-node.js';
import { needs } from '../support/requires.js';

const test = suite('the hook before a clone');

/** How the program ends, and what the script adds to its words. */
type Ending = readonly [what: string, verdict: string, reason: string];

const endings: readonly Ending[] = [
  ['denies', 'exit 1', ''],
  ['was called wrongly', 'exit 2', ''],
  ['could not verify', 'exit 3', ''],
  ['is killed', 'kill -9 $$', 'the check was killed (signal 9)'],
  ['is terminated', 'kill -15 $$', 'the check was killed (signal 15)'],
  ['breaks down', 'kill -ABRT $$', 'the check was killed (signal 6)'],
  ['ends with a code that it does not have', 'exit 77', 'the check ended with the unknown exit code 77'],
  ['ends with 128', 'exit 128', 'the check ended with the unknown exit code 128'],
  ['ends with 255', 'exit 255', 'the check was killed (signal 127)'],
  ['ends with 126', 'exit 126', 'the check could not be started with /bin/sh'],
  ['ends with 127', 'exit 127', 'the check could not be started with /bin/sh'],
];

/** Settings with which no program is started, and the reason that is given. */
const withoutNode: readonly (readonly [what: string, env: NodeJS.ProcessEnv, reason: string])[] = [
  ['an absent node', { BLOBCHECK_NODE: '/x/node' }, 'there is no Node at /x/node (BLOBCHECK_NODE)'],
  ['a directory', { BLOBCHECK_NODE: '/' }, 'there is no Node at / (BLOBCHECK_NODE)'],
  [
    'a file that is no program',
    { BLOBCHECK_NODE: '/proc/version' },
    'there is no Node at /proc/version (BLOBCHECK_NODE)',
  ],
  ['a builtin', { BLOBCHECK_NODE: ':' }, 'there is no : in PATH (BLOBCHECK_NODE names another)'],
  [
    'a name in no PATH',
    { BLOBCHECK_NODE: 'true', PATH: '' },
    'there is no true in PATH (BLOBCHECK_NODE names another)',
  ],
  ['no node in PATH', { BLOBCHECK_NODE: '', PATH: '/x:/y' }, 'there is no node in PATH (BLOBCHECK_NODE names another)'],
  [
    'a path that hangs on the directory',
    { BLOBCHECK_NODE: 'bin/node' },
    'BLOBCHECK_NODE is bin/node, which is neither a name nor an absolute path',
  ],
  [
    'control characters',
    { BLOBCHECK_NODE: '/x\u001b[31m\n' },
    'there is no Node at something with characters that are not printed (BLOBCHECK_NODE)',
  ],
];

for (const shell of shells) {
  const node = new GuardedNode(shell);
  const hook = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    node.run(args, { program: node.preClone, env, input: 'not for the hook' });

  for (const [what, verdict, reason] of endings) {
    needs(
      [shell.name],
      test,
      `${shell.name}: nothing is cloned when the program ${what}, unless the mode is warn`,
      () => {
        node.verdict(verdict);
        const denied = hook(['S']);
        assert.is(denied.status, 1);
        assert.is(denied.stdout, '');
        const said = 'the program explains\n';
        assert.is(denied.stderr, said + (reason && `blobcheck: ${reason}, so the clone is refused\n`));
        const warned = hook(['--operation', 'restore', 'VM', 'S'], { BLOBCHECK_MODE: 'warn' });
        assert.is(warned.status, 0);
        assert.is(warned.stdout, '');
        const goesOn = `blobcheck: ${reason && `${reason}; `}the restore goes on because BLOBCHECK_MODE is warn\n`;
        assert.is(warned.stderr, said + goesOn);
      },
    );
  }

  needs([shell.name], test, `${shell.name}: who asks for help gets it, and no consent`, () => {
    node.verdict('exit 0');
    for (const flag of ['--help', '-h']) {
      const { status, stdout, stderr } = hook([flag]);
      assert.is(status, 1);
      assert.is(stdout, '');
      assert.match(stderr, /^usage: pre-clone .*\n.*WORD\.\.\.\n.*docs\/hook\.md/);
    }
    assert.is(hook(['--', '--help']).status, 0);
  });

  needs(
    [shell.name],
    test,
    `${shell.name}: an exit code 0 without the word, or with more than it, is no consent`,
    () => {
      node.verdict('exit 0');
      for (const answer of ['', 'allow\\nallow\\n', 'allow, perhaps\\n', 'Usage: blobcheck hook\\n', 'deny\\n']) {
        node.answer(answer.replaceAll('\\n', '\n'));
        const denied = hook(['S']);
        assert.equal([denied.status, denied.stdout], [1, '']);
        assert.match(denied.stderr, 'the check gave no answer, so the clone is refused');
        assert.is(hook(['S'], { BLOBCHECK_MODE: 'warn' }).status, 0);
      }
      node.answer('allow\n');
      assert.is(hook(['S']).status, 0);
    },
  );

  for (const [what, env, reason] of withoutNode) {
    needs([shell.name], test, `${shell.name}: ${what} in node's place is no consent`, () => {
      node.verdict('exit 0');
      const denied = hook(['S'], env);
      assert.is(denied.status, 1);
      assert.is(denied.stderr, `blobcheck: ${reason}, so the clone is refused\n`);
      const warned = hook(['S'], { ...env, BLOBCHECK_MODE: 'warn' });
      assert.is(warned.status, 0);
      assert.is(warned.stderr, `blobcheck: ${reason}; the clone goes on because BLOBCHECK_MODE is warn\n`);
    });
  }

  needs([shell.name], test, `${shell.name}: only the program's 0 is consent, in every mode but off`, () => {
    for (const mode of ['enforce', 'warn', '']) {
      node.verdict('exit 0');
      const run = hook(['--pull', '--', 'S', ''], { BLOBCHECK_MODE: mode });
      assert.is(run.status, 0);
      assert.is(run.stdout, '');
      assert.equal(run.asked, ['hook', '--pull', '--', 'S', '']);
    }
  });

  needs(
    [shell.name],
    test,
    `${shell.name}: consent is the exit code that the caller asks for, where it means nothing else`,
    () => {
      node.verdict('exit 0');
      for (const code of ['4', '9', '10', '64', '99', '100', '125', '0']) {
        assert.is(hook(['S'], { BLOBCHECK_CONSENT: code }).status, Number(code));
        assert.is(hook(['S'], { BLOBCHECK_CONSENT: code, BLOBCHECK_MODE: 'off' }).status, Number(code));
      }
      for (const code of ['1', '3', '126', '255', '04', '-4', 'x', '64 0', '4\n']) {
        const { status, stderr, asked } = hook(['S'], { BLOBCHECK_CONSENT: code });
        assert.equal([status, asked], [1, null], code);
        assert.match(stderr, 'BLOBCHECK_CONSENT must be a number from 4 to 125, so nothing is judged');
      }
      node.verdict('exit 1');
      assert.is(hook(['S'], { BLOBCHECK_CONSENT: '64' }).status, 1);
    },
  );

  needs([shell.name], test, `${shell.name}: off is exit 0 without asking`, () => {
    node.verdict('exit 1');
    const run = hook(['S'], { BLOBCHECK_MODE: 'off' });
    assert.is(run.status, 0);
    assert.is(run.asked, null);
    assert.is(run.stdout + run.stderr, '');
  });

  needs([shell.name], test, `${shell.name}: a mode that is none counts as enforce, and is named once`, () => {
    node.verdict('exit 1');
    for (const mode of ['OFF', 'of', ' off', 'warn ', 'off\n']) {
      const run = node.run(['vm', 'clone', 'S'], { env: { BLOBCHECK_MODE: mode } });
      assert.is(run.status, 1);
      assert.is(run.ran, null);
      assert.is(
        run.stderr.match(/^blobcheck: BLOBCHECK_MODE is '.*', which is none of enforce, warn and off/gm)?.length,
        1,
      );
    }
  });

  needs([shell.name], test, `${shell.name}: variables that are called like the script's own change nothing`, () => {
    node.verdict('exit 1');
    const env = {
      bc_mode: 'off',
      bc_status: '0',
      bc_reason: '',
      bc_node: '/bin/true',
      bc_found: '/bin/true',
      bc_odd: '',
    };
    assert.is(hook(['S'], { ...env, bc_conf: '/dev/null', bc_what: '' }).status, 1);
    const run = node.run(['vm', 'clone', 'S'], { env: { ...env, bc_operation: '', bc_cocoon: '/bin/true' } });
    assert.is(run.status, 1);
    assert.is(run.ran, null);
  });

  needs([shell.name], test, `${shell.name}: the program's input is empty, and the caller's is left alone`, () => {
    node.verdict('cat >&2; exit 0');
    assert.not.match(hook(['S']).stderr, /not for the hook/);
    node.cocoonDoes('cat');
    assert.is(node.run(['vm', 'clone', 'S'], { input: 'for cocoon' }).stdout, 'for cocoon');
  });

  needs([shell.name], test, `${shell.name}: a caller without standard error gets its verdict`, () => {
    const closed = ['sh', '-c', 'exec "$0" "$@" 2>&-'];
    node.verdict('exit 0');
    assert.is(node.run(['S'], { program: node.preClone, before: closed }).status, 0);
    node.verdict('exit 1');
    assert.is(node.run(['S'], { program: node.preClone, before: closed }).status, 1);
  });

  needs(
    [shell.name],
    test,
    `${shell.name}: it finds what is beside it through links, and is no consent without it`,
    () => {
      node.verdict('exit 0');
      const link = join(node.directory, 'real/hook');
      symlinkSync('../real/hook-2', link);
      symlinkSync('../bin/pre-clone', join(node.directory, 'real/hook-2'));
      assert.equal(node.run(['S'], { program: link }).asked, ['hook', 'S']);
      const alone = node.write('real/alone', node.read('bin/pre-clone'), 0o755);
      assert.is.not(node.run(['S'], { program: alone, env: { BLOBCHECK_MODE: 'off' } }).status, 0);
    },
  );
}

for (const shell of shells) {
  needs(
    [shell.name, 'strace'],
    test,
    `${shell.name}: where nothing can be started any more, that is said, and hook and guard refuse`,
    () => {
      const node = new GuardedNode(shell);
      const before = ['strace', '-f', '-o', '/dev/null', '-e', 'inject=?vfork,?fork,clone,?clone3:error=ENOMEM'];
      for (const [program, args] of [
        [node.preClone, ['app:v1']],
        [node.guard, ['vm', 'clone', 'app:v1']],
      ] as const) {
        const { status, stdout, stderr, asked, ran } = node.run(args, { program, before });
        assert.equal([status, stdout, asked, ran], [1, '', null, null], stderr);
        assert.match(
          stderr,
          /^blobcheck: it was ended, or the shell could not go on .*, so (this|the clone) is refused$/m,
        );
      }
      const { status, stderr } = node.run(['app:v1'], {
        program: node.preClone,
        before,
        env: { BLOBCHECK_MODE: 'warn', BLOBCHECK_CONSENT: '64' },
      });
      assert.is(status, 64);
      assert.match(
        stderr,
        /^blobcheck: it was ended, or the shell could not go on .*; BLOBCHECK_MODE is warn, so the clone is not refused$/m,
      );
    },
  );
}

test.run();
