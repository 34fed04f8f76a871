import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type Guarded, guardSession } from '../answers/guard-session.js';
import { anyLines, anyUnknownKinds, cocoon038, knownLines, laterCocoon } from '../inputs/command-lines.js';
import { once } from '../inputs/once.js';
import { property } from '../property.js';
import { type Reading, readCommandLine } from '../second-opinions/cocoon-command-line.js';

const session = once(guardSession);

const operations: Readonly<Record<string, string>> = {
  'vm clone': 'clone',
  'vm restore': 'restore',
  'vm run': 'run',
  'vm create': 'run',
};

/** What the hook was asked, taken apart. */
interface Asked {
  readonly operation: string | undefined;
  readonly places: Reading['places'];
  readonly words: readonly string[];
}

function askedOf(args: readonly string[]): Asked {
  const end = args.indexOf('--');
  const options = args.slice(0, end).filter((word) => word !== '--pull');
  const after = (name: string): string | undefined =>
    options.some((word, at) => at % 2 === 0 && word === name)
      ? options[options.findIndex((word, at) => at % 2 === 0 && word === name) + 1]
      : undefined;
  return {
    operation: after('--operation'),
    places: {
      'root-dir': after('--root-dir'),
      'run-dir': after('--run-dir'),
      config: after('--config'),
      'from-dir': after('--from-dir'),
    },
    words: args.slice(end + 1),
  };
}

/** What is left of a list when the words of another one are taken away, each as often as it stands there. */
function without(words: readonly string[], judged: readonly string[]): readonly string[] {
  const left = [...words];
  for (const word of judged) {
    const at = left.indexOf(word);
    if (at !== -1) left.splice(at, 1);
  }
  return left;
}

/** Whatever this cocoon will open was judged; and it does what it would have done without us, but pull. */
function assertJudged(args: readonly string[], guarded: Guarded, read: (args: readonly string[]) => Reading): void {
  const meant = read(args);
  if (guarded.ran === null) {
    assert.ok(guarded.status !== 0 || guarded.sealed, 'nothing ran, and nobody was told');
    return;
  }
  const done = read(guarded.ran);
  assert.equal({ ...done, pull: false }, { ...meant, pull: false }, 'cocoon was made to do something else');
  if (done.command === null) return;
  assert.ok(guarded.asked !== null, `${done.command} was not judged`);
  const asked = askedOf(guarded.asked);
  assert.is(asked.operation, operations[done.command]);
  assert.equal(asked.places, done.places);
  assert.equal(without(done.words, asked.words), [], 'not all words were judged');
  if (done.command === 'vm restore' && asked.words.length === 2) assert.equal(asked.words, done.words);
  if (done.command === 'vm clone') assert.is(done.pull, false, 'cocoon is left to pull');
}

/**
 * Whether nobody needs to doubt: no flag that could be help, and none but global ones before the command, where cobra knows
 * no others and lets each take a word.
 */
function isPlain(args: readonly string[]): boolean {
  const before = args.slice(
    0,
    args.findIndex((word) => ['clone', 'restore', 'run', 'create'].includes(word)),
  );
  const unknown = before.filter((word) => word.startsWith('-') && !/^--[a-z-]+=/.test(word));
  return (
    unknown.every((word) => Object.hasOwn(cocoon038.global, word.slice(2))) && !args.some((word) => /^-.*h/.test(word))
  );
}

export const properties = [
  property({
    name: 'what cocoon will open of a command line is what the guard has judged',
    inputs: knownLines,
    holds: async (args) => {
      const guarded = await session()(args);
      const read = (line: readonly string[]) => readCommandLine(line, cocoon038);
      assertJudged(args, guarded, read);
      const meant = read(args);
      if (meant.command === null || !isPlain(args)) return;
      assert.is(guarded.status, 0, 'a healthy command was refused');
      assert.equal(askedOf(guarded.asked ?? []).words, meant.words);
    },
    quickRuns: 500,
  }),
  property({
    name: 'so it is of a cocoon whose flags nobody here knows',
    inputs: fc.record({ args: anyLines, kinds: anyUnknownKinds }),
    holds: async ({ args, kinds }) => {
      const guarded = await session()(args);
      const later = laterCocoon(kinds);
      assertJudged(args, guarded, (line) => readCommandLine(line, later));
    },
    quickRuns: 500,
  }),
];
