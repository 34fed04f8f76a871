import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GuardedNode, shells } from '../support/guarded-node.js';
import { needs } from '../support/requires.js';

const test = suite('what cocoon-guard has judged');

/** The arguments of cocoon, and those of the hook. */
type Gated = readonly [what: string, args: readonly string[], hook: readonly string[]];

const clone = (...words: string[]) => ['--operation', 'clone', ...words];
const nasty = ['$(touch x)', '`touch x`', "it's", '"', 'a b', 'two\nlines', '*', '\\', 'app:v1/é'];

const gated: readonly Gated[] = [
  ['a clone', ['vm', 'clone', 'S'], clone('--', 'S')],
  ['a restore', ['vm', 'restore', 'VM', 'S'], ['--operation', 'restore', '--', 'VM', 'S']],
  ['a run', ['vm', 'run', 'IMAGE'], ['--operation', 'run', '--', 'IMAGE']],
  ['a creation', ['vm', 'create', '--fc', 'IMAGE'], ['--operation', 'run', '--', 'IMAGE']],
  [
    "vk-cocoon's clone",
    'vm clone --output json --name N --cpu 2 --memory 1024 --network W --storage 10G --no-direct-io --pull --on-demand S'.split(
      ' ',
    ),
    clone('--pull', '--', 'S'),
  ],
  ['values after =', ['vm', 'clone', '--name=N', '-o=json', '-ojson', 'S'], clone('--', 'S')],
  ['a short flag with its value apart', ['vm', 'clone', '-o', 'json', 'S'], clone('--', 'S')],
  [
    'global flags on both sides, the last of each',
    ['--root-dir', '/a', '--config=/c', 'vm', '--run-dir=/r', 'clone', '--root-dir=/b=b', 'S', '--config', '/d'],
    clone('--root-dir', '/b=b', '--run-dir', '/r', '--config', '/d', '--', 'S'),
  ],
  [
    'empty global flags',
    ['--root-dir=', 'vm', 'clone', '--run-dir', '', 'S'],
    clone('--root-dir', '', '--run-dir', '', '--', 'S'),
  ],
  ['a directory', ['vm', 'clone', '--from-dir', 'D', '--restore-mode', 'x'], clone('--from-dir', 'D', '--')],
  ['a directory that is an empty word', ['vm', 'clone', '--from-dir', ''], clone('--from-dir', '', '--')],
  ['words that are no words to a shell', ['vm', 'clone', ...nasty], clone('--', ...nasty)],
  ['what follows --', ['vm', 'clone', '--', '--name', '-h', '--'], clone('--', '--name', '-h', '--')],
  ['an empty word and a dash', ['vm', 'clone', '', '-'], clone('--', '', '-')],
  ['the value of a flag that is not known', ['vm', 'clone', '--nmae', 'GOOD', 'S'], clone('--', 'GOOD', 'S')],
  ['a snapshot after a flag that is not known', ['vm', 'clone', '--name', 'N', '--fast', 'S'], clone('--', 'S')],
  ['the value of a known flag after an unknown one', ['vm', 'clone', '--fast', '--name', 'S'], clone('--', 'S')],
  ['help that an unknown flag may have taken', ['vm', 'clone', '--fast', '--help', 'S'], clone('--', 'S')],
  ['help as the value of a flag', ['vm', 'clone', '--name', '--help', 'S'], clone('--', 'S')],
  ['help after --', ['vm', 'clone', '--', '--help'], clone('--', '--help')],
  ['help that is taken back', ['vm', 'clone', '--help', '--help=false', 'S'], clone('--', 'S')],
  ['help that is taken back in short', ['vm', 'clone', '-h', '-hh=false', 'S'], clone('--', 'S')],
  ['help that is false', ['vm', 'clone', '-h=false', 'S'], clone('--', 'S')],
  ['--pull=1', ['vm', 'clone', '--pull=1', 'S'], clone('--pull', '--', 'S')],
  ['--pull=T', ['vm', 'clone', '--pull=T', 'S'], clone('--pull', '--', 'S')],
  ['--pull=false', ['vm', 'clone', '--pull', '--pull=false', 'S'], clone('--', 'S')],
  ['--pull=yes, which Go does not know', ['vm', 'clone', '--pull=yes', 'S'], clone('--', 'S')],
  ['--pull false', ['vm', 'clone', '--pull', 'false', 'S'], clone('--pull', '--', 'false', 'S')],
  // Before the sub-command cobra lets a flag without = take whatever follows.
  ['a snapshot before clone', ['vm', '--pull', 'S', 'clone'], clone('--pull', '--', 'S')],
  ['a flag that a flag takes', ['--pull', '--name', 'vm', 'clone', 'X', 'S'], clone('--pull', '--', 'S')],
  ['-h that takes vm', ['-h', 'vm', 'clone', 'S'], clone('--', 'S')],
  ['a global flag of a newer cocoon', ['--verbose', 'vm', 'clone', 'S'], clone('--', 'S')],
  ['a flag with = before vm', ['--verbose=1', 'vm', 'clone', 'S'], clone('--', 'S')],
  ['empty words before vm', ['', 'vm', '', 'clone', 'S'], clone('--', '', '', 'S')],
  ['a cluster of short flags', ['vm', 'clone', '-ho', 'x', '--help=false', 'S'], clone('--', 'x', 'S')],
  ["what pflag leaves to Go's tests", ['vm', 'clone', '-test.x', 'S'], clone('--', 'S')],
  [
    'a restore short of a word after an unknown flag',
    ['vm', 'restore', '--fast', 'S'],
    ['--operation', 'restore', '--', 'S'],
  ],
];

const untouched: readonly (readonly [what: string, args: readonly string[]])[] = [
  ['no arguments', []],
  ['a list', ['vm', 'list', '-o', 'json']],
  ['a removal of a VM called clone', ['vm', 'rm', 'clone']],
  ['a start', ['vm', 'start', 'run']],
  ['the name of a snapshot called vm', ['snapshot', 'inspect', 'vm', 'clone']],
  ['help for clone', ['help', 'vm', 'clone']],
  ['completion', ['__complete', 'vm', 'clone', '']],
  ['--help', ['--help']],
  ['--help of clone', ['vm', 'clone', '--on-demand', 'S', '--help']],
  ['-h of restore', ['vm', 'restore', '-h']],
  ['a clone of nothing', ['vm', 'clone', '--name', 'N']],
  ['a restore without a snapshot', ['vm', 'restore', 'VM']],
  ['a run of nothing', ['vm', 'run', '--name=N']],
  ['vm after --', ['--', 'vm', 'clone', 'S']],
  ['vm as the value of a known flag', ['--root-dir', 'vm', 'clone', 'S']],
];

const refused: readonly (readonly [what: string, args: readonly string[]])[] = [
  // pflag ends the flags there, so nothing behind the sub-command takes --pull back.
  ['--pull that takes a --', ['--pull', '--', 'vm', 'clone', 'S']],
  ['--root-dir that an unknown flag may have taken', ['vm', 'clone', '--fast', '--root-dir', '/r', 'S']],
  ['--config= that an unknown flag may have taken', ['vm', 'clone', '--fast', '--config=/c', 'S']],
  ['flags behind a -- that an unknown flag may have taken', ['vm', 'clone', '--fast', '--', '--root-dir', '/r', 'S']],
  ['a clone in one reading and a restore in the other', ['vm', '--debug', 'clone', 'restore', 'VM', 'S']],
  ['a clone in a mixture of readings', ['--debug', 'vm', '--fast', 'X', 'clone', 'S']],
];

/**
 * What cocoon gets: as it was, but that nothing is pulled any more once it is allowed. Never before the sub-command, where a
 * flag takes the next word (`vm --pull --pull=false S clone` is no clone), and never as the value of `--name`.
 */
function withoutPull(args: readonly string[], hook: readonly string[]): readonly string[] {
  if (!hook.includes('--pull')) return args;
  const last = args.findLastIndex((arg) => /^--pull(=1|=T)?$/.test(arg));
  const command = args.indexOf('clone');
  const named = args.slice(0, command).includes('--name');
  const at = last > command ? last + 1 : command + (named ? 2 : 1);
  return [...args.slice(0, at), '--pull=false', ...args.slice(at)];
}

for (const shell of shells) {
  const node = new GuardedNode(shell);
  for (const [what, args, hook] of gated) {
    needs([shell.name], test, `${shell.name}: ${what} is judged before cocoon gets it`, () => {
      const run = node.run(args);
      assert.equal(run.asked, ['hook', ...hook]);
      assert.equal(run.ran, withoutPull(args, hook));
      assert.is(run.status, 0);
      assert.is(run.stdout, '');
    });
  }
  needs([shell.name], test, `${shell.name}: where the hook only warns, or is off, cocoon pulls as it was told`, () => {
    for (const mode of ['warn', 'off']) {
      const args = ['vm', 'clone', '--pull', '--name', 'N', 'S'];
      assert.equal(node.run(args, { env: { BLOBCHECK_MODE: mode } }).ran, args);
    }
  });
  for (const [what, args] of untouched) {
    needs([shell.name], test, `${shell.name}: ${what} goes to cocoon at once`, () => {
      const run = node.run(args);
      assert.is(run.asked, null);
      assert.equal(run.ran, args);
      assert.is(run.stdout + run.stderr, '');
    });
  }
  for (const [what, args] of refused) {
    needs([shell.name], test, `${shell.name}: ${what} is refused, or goes on with a line if the mode is warn`, () => {
      const run = node.run(args);
      assert.is(run.ran, null);
      assert.is(run.status, 1);
      assert.match(run.stderr, /^blobcheck: .* so this is refused\n$/);
      const warned = node.run(args, { env: { BLOBCHECK_MODE: 'warn' } });
      assert.equal(warned.ran, args);
      assert.match(warned.stderr, /^blobcheck: .*BLOBCHECK_MODE is warn\n$/);
      assert.is(run.stdout + warned.stdout, '');
    });
  }
}

test.run();
