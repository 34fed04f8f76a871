import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asNobody } from '../support/as-nobody.js';
import { GuardedNode, type Outcome, type Shell, shells } from '../support/guarded-node.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite("root's configuration file");

const conf = '/etc/blobcheck/blobcheck.conf';

/** A node whose /etc holds nothing but what a test puts there: a directory is bound over it where nobody else sees it. */
class ConfiguredNode extends GuardedNode {
  readonly etc = temporaryDirectory();
  readonly file = join(this.etc, 'blobcheck/blobcheck.conf');

  constructor(shell: Shell) {
    super(shell);
    mkdirSync(join(this.etc, 'blobcheck'));
    chmodSync(this.etc, 0o755);
    this.verdict('exit 1');
  }

  configure(text: string, mode = 0o644): void {
    rmSync(this.file, { recursive: true, force: true });
    writeFileSync(this.file, text);
    chmodSync(this.file, mode);
  }

  at(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
    options = ['--map-root-user'],
    as: readonly string[] = [],
  ): Outcome {
    const script = 'mount --bind "$0" /etc && exec "$@"';
    return this.run(args, { env, before: ['unshare', ...options, '--mount', 'sh', '-c', script, this.etc, ...as] });
  }

  /** Whether a clone runs although the program denies it, so whether the mode is off. */
  isOff(env: NodeJS.ProcessEnv = {}): boolean {
    const run = this.at(['vm', 'clone', 'S'], env);
    assert.is(run.stderr, run.ran === null ? 'the program explains\n' : '');
    return run.ran !== null;
  }
}

const off: readonly (readonly [what: string, text: string])[] = [
  ['a key', 'BLOBCHECK_MODE=off\n'],
  ['a last line without an end', 'BLOBCHECK_MODE=off'],
  ['white space around the line, as in DOS', ' \t BLOBCHECK_MODE=off \t\r\n'],
  ['comments and blank lines', '# BLOBCHECK_MODE=warn\n\n  # x\nBLOBCHECK_MODE=off\n#\n'],
  ['the last of two', 'BLOBCHECK_MODE=enforce\nBLOBCHECK_MODE=off\n'],
  ['keys of the program', 'BLOBCHECK_STATE_DIR=/x\nexit 1\nBLOBCHECK_MODE=off\n$(exit 1)\n'],
];

const notOff: readonly (readonly [what: string, text: string])[] = [
  ['nothing', ''],
  ['a comment', '#BLOBCHECK_MODE=off\n'],
  ['a key that is longer', 'XBLOBCHECK_MODE=off\nBLOBCHECK_MODES=off\n'],
  ['white space before =', 'BLOBCHECK_MODE =off\n'],
  ['export', 'export BLOBCHECK_MODE=off\n'],
  ['the last of two', 'BLOBCHECK_MODE=off\nBLOBCHECK_MODE=enforce\n'],
  ['an empty value after another', 'BLOBCHECK_MODE=off\nBLOBCHECK_MODE=\n'],
  ["a variable of the script's", 'bc_mode=off\n'],
];

for (const shell of shells) {
  const node = new ConfiguredNode(shell);
  const here = (name: string, run: () => void, more: readonly string[] = []) =>
    needs([shell.name, 'mount-namespace', ...more], test, `${shell.name}: ${name}`, run);

  here('nothing goes on by a mode that is not proved to be root’s, where the shell cannot go on either', () => {
    node.configure('BLOBCHECK_MODE=warn\n', 0o666);
    const inside = [
      'unshare',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      'mount --bind "$0" /etc && exec "$@"',
      node.etc,
    ];
    const strace = ['strace', '-f', '-o', '/dev/null', '-e', 'inject=?vfork,?fork,clone,?clone3:error=ENOMEM'];
    const { status, stderr } = node.run(['S'], { program: node.preClone, before: [...inside, ...strace] });
    assert.is(status, 1);
    assert.match(stderr, /^blobcheck: it was ended, or the shell could not go on .*, so the clone is refused$/m);
  }, ['strace']);

  for (const [what, text] of off) {
    here(`${what} is read`, () => {
      node.configure(text);
      assert.is(node.isOff(), true);
    });
  }
  for (const [what, text] of notOff) {
    here(`${what} says nothing of a mode of off`, () => {
      node.configure(text);
      assert.is(node.isOff(), false);
    });
  }

  here('what stands in the file wins over the environment, which counts for what does not', () => {
    node.configure('BLOBCHECK_MODE=enforce\n');
    assert.is(node.isOff({ BLOBCHECK_MODE: 'off' }), false);
    node.configure(`BLOBCHECK_MODE=\nBLOBCHECK_COCOON=${node.cocoon}\nBLOBCHECK_NODE=/bin/sh\n`);
    assert.is(node.isOff({ BLOBCHECK_MODE: 'off', BLOBCHECK_COCOON: '/x', BLOBCHECK_NODE: '/x' }), true);
  });

  here('a caller that loses its environment on the way, as under sudo, is judged as root says', () => {
    node.configure(`BLOBCHECK_MODE=warn\nBLOBCHECK_COCOON=${node.cocoon}\nBLOBCHECK_NODE=/bin/sh\n`);
    const run = node.at(['vm', 'clone', 'S'], undefined, ['--map-root-user'], ['env', '-i', 'PATH=/usr/bin:/bin']);
    assert.equal(run.asked, ['hook', '--operation', 'clone', '--', 'S']);
    assert.equal(run.ran, ['vm', 'clone', 'S']);
    assert.match(run.stderr, /the clone goes on because BLOBCHECK_MODE is warn\n$/);
  });

  here('a value is taken as it stands: nothing in it is run, expanded or unquoted', () => {
    for (const value of [
      '/a b',
      '"/q"',
      "/it's",
      '/$(touch ran)',
      '/`touch ran`',
      '/$HOME',
      '/*',
      '/\\n\\',
      '/a=b',
      '/#c',
      '/;:',
    ]) {
      node.configure(`BLOBCHECK_COCOON=${value}\n`);
      const run = node.at(['vm', 'clone', 'S']);
      assert.is(run.status, 127);
      assert.match(run.stderr, `blobcheck: BLOBCHECK_COCOON is ${value}, which is not a`);
      assert.is(run.ran, null);
    }
    const program = node.write('real/it\'s $(touch ran) "a" `touch ran` \\', node.read('real/cocoon'), 0o755);
    node.configure(`BLOBCHECK_MODE=off\nBLOBCHECK_COCOON=${program}\n`);
    assert.equal(node.at(['vm', 'clone', 'S']).ran, ['vm', 'clone', 'S']);
  });

  const ignored = (name: string, why: string, prepare: () => void, more: readonly string[] = []) =>
    here(
      `${name} is ignored, with one line`,
      () => {
        node.configure('BLOBCHECK_MODE=off\n');
        prepare();
        const line = `blobcheck: ${conf} is ignored: ${why}\n`;
        const run = node.at(['vm', 'clone', 'S']);
        assert.is(run.status, 1);
        assert.is(run.ran, null);
        assert.is(run.stderr, `${line}the program explains\n`);
        const list = node.at(['vm', 'list']);
        assert.is(list.stderr, line);
        assert.is(list.stdout, '');
      },
      more,
    );

  const rights = 'it is not owned by root, or others than root may write to it';
  ignored('a file that its group may write', rights, () => chmodSync(node.file, 0o664));
  ignored('a file that anybody may write', rights, () => chmodSync(node.file, 0o646));
  ignored("another's file", rights, () => chownSync(node.file, 65534, 65534), ['root']);
  ignored("a link to root's file", 'it is a link', () => {
    rmSync(node.file);
    symlinkSync(join(node.directory, 'verdict'), node.file);
  });
  ignored('a link to nothing', 'it is a link', () => {
    rmSync(node.file);
    symlinkSync('absent', node.file);
  });
  ignored('a FIFO, which nobody opens,', 'it is not a regular file', () => {
    rmSync(node.file);
    assert.is(spawnSync('mkfifo', [node.file]).status, 0);
  });
  ignored('a directory', 'it is not a regular file', () => {
    rmSync(node.file);
    mkdirSync(node.file);
  });

  here('what the caller may not read is ignored, with one line', () => {
    const as = [...asNobody];
    node.configure('BLOBCHECK_MODE=off\n', 0o600);
    assert.is(
      node.at(['--help'], {}, [], as).stderr.split('\n')[0],
      `blobcheck: ${conf} is ignored: it cannot be read`,
    );
    node.configure('BLOBCHECK_MODE=off\n');
    chmodSync(join(node.etc, 'blobcheck'), 0o700);
    const line = `blobcheck: ${conf} is ignored: its directory cannot be searched`;
    assert.is(node.at(['--help'], {}, [], as).stderr.split('\n')[0], line);
    chmodSync(join(node.etc, 'blobcheck'), 0o755);
  }, ['root', 'nobody']);

  here("a find of the caller's own is no way around it", () => {
    node.configure('BLOBCHECK_MODE=enforce\n');
    const program = node.write('true/find', '#!/bin/sh\n', 0o755);
    assert.is(node.isOff({ PATH: `${join(program, '..')}:/usr/bin:/bin`, BLOBCHECK_MODE: 'off' }), false);
  });
}

test.run();
