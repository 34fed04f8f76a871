import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GuardedNode, shells } from '../support/guarded-node.js';
import { needs } from '../support/requires.js';

const test = suite('which program cocoon-guard takes for cocoon');

const commands = [['vm', 'clone', 'S'], ['image', 'pull', 'I'], ['vm', 'list'], []] as const;

for (const shell of shells) {
  const node = new GuardedNode(shell);
  const inside = (name: string) => join(node.directory, name);
  // As on a node: the guard is `cocoon` in a directory that stands before the real one's in PATH.
  for (const name of ['first', 'second', 'copied', 'none', 'directory', 'directory/cocoon', 'unfit'])
    mkdirSync(inside(name));
  for (const name of ['first/cocoon', 'second/cocoon', 'link']) symlinkSync(node.guard, inside(name));
  symlinkSync(inside('link'), inside('link-to-link'));
  node.copyGuard('copied/cocoon');
  node.write('unfit/cocoon', 'not executable');

  const refuses = (env: NodeJS.ProcessEnv, message: string, program = node.guard) => {
    for (const mode of ['enforce', 'warn', 'off']) {
      for (const command of commands) {
        const run = node.run(command, { env: { ...env, BLOBCHECK_MODE: mode }, program });
        assert.is(run.status, 127);
        assert.is(run.stdout, '');
        assert.is(run.stderr, `blobcheck: ${message}\n`);
        assert.is(run.asked, null);
        assert.is(run.ran, null);
      }
    }
  };

  needs(
    [shell.name],
    test,
    `${shell.name}: a BLOBCHECK_COCOON that is the guard, a link to it or a copy is refused`,
    () => {
      for (const name of ['bin/cocoon-guard', 'link', 'link-to-link', 'first/cocoon', 'copied/cocoon', 'bin/../link']) {
        const path = inside(name);
        refuses({ BLOBCHECK_COCOON: path }, `BLOBCHECK_COCOON is ${path}, which is this guard and not cocoon`);
        refuses(
          { BLOBCHECK_COCOON: path },
          `BLOBCHECK_COCOON is ${path}, which is this guard and not cocoon`,
          inside('first/cocoon'),
        );
      }
    },
  );

  needs([shell.name], test, `${shell.name}: a BLOBCHECK_COCOON that is no program is refused by name`, () => {
    for (const name of ['absent', 'directory', 'unfit/cocoon', 'bin/blobcheck/x']) {
      refuses({ BLOBCHECK_COCOON: inside(name) }, `BLOBCHECK_COCOON is ${inside(name)}, which is not a program`);
    }
    for (const name of ['cocoon', 'real/cocoon', './real/cocoon', '-cocoon']) {
      const env = { BLOBCHECK_COCOON: name, PATH: `${inside('real')}:/usr/bin:/bin` };
      refuses(env, `BLOBCHECK_COCOON is ${name}, which is not an absolute path`);
    }
    refuses(
      { BLOBCHECK_COCOON: '/x\u001b[2J\ny' },
      'BLOBCHECK_COCOON is something with characters that are not printed, which is not a program',
    );
  });

  needs([shell.name], test, `${shell.name}: the first cocoon in PATH that is no guard and can be run is taken`, () => {
    const names = ['first', 'second', 'copied', 'none', 'directory', 'unfit', 'absent', 'real'];
    const PATH = [...names.map(inside), '/usr/bin', '/bin'].join(':');
    for (const program of ['first/cocoon', 'second/cocoon', 'copied/cocoon', 'bin/cocoon-guard'].map(inside)) {
      if (program === inside('copied/cocoon')) continue;
      const run = node.run(['vm', 'clone', 'S'], { program, env: { PATH, BLOBCHECK_COCOON: '' } });
      assert.is(run.status, 0);
      assert.equal(run.ran, ['vm', 'clone', 'S']);
      assert.equal(run.asked, ['hook', '--operation', 'clone', '--', 'S']);
    }
  });

  needs([shell.name], test, `${shell.name}: a PATH with nothing but guards is refused, and so is none`, () => {
    const message = 'there is no cocoon in PATH besides this guard (see BLOBCHECK_COCOON)';
    const PATH = [...['first', 'second', 'first', 'copied', 'directory', 'unfit'].map(inside), '/usr/bin', '/bin'].join(
      ':',
    );
    for (const program of ['first/cocoon', 'bin/cocoon-guard'].map(inside)) {
      refuses({ PATH, BLOBCHECK_COCOON: '' }, message, program);
    }
    refuses({ PATH: '', BLOBCHECK_COCOON: '' }, message);
  });

  needs([shell.name], test, `${shell.name}: an empty or relative part of PATH is the directory one stands in`, () => {
    for (const PATH of [
      ':/usr/bin:/bin',
      '/usr/bin::/bin',
      '/usr/bin:/bin:',
      '.:/usr/bin:/bin',
      '/usr/bin:/bin:../real',
    ]) {
      const run = node.run(['vm', 'list'], { cwd: inside('real'), env: { PATH, BLOBCHECK_COCOON: '' } });
      assert.equal(run.ran, ['vm', 'list'], PATH);
    }
  });

  needs(
    [shell.name],
    test,
    `${shell.name}: a program that is no script is told from a guard by its first bytes`,
    () => {
      const run = node.run(['vm', 'list'], { env: { BLOBCHECK_COCOON: '/bin/true' } });
      assert.is(run.status, 0);
      assert.is(run.stderr, '');
    },
  );

  needs([shell.name, 'nobody'], test, `${shell.name}: a program that may be run and not read is taken`, () => {
    const program = node.write('unreadable', '#!/bin/sh\n', 0o711);
    const before = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const run = node.run(['vm', 'list'], { env: { BLOBCHECK_COCOON: program }, before });
    // The interpreter cannot read it either: that it says so shows that it was started.
    assert.not.match(run.stderr, /^blobcheck: /);
    assert.match(run.stderr, program);
  });
}

test.run();
