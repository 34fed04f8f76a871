import {
  chmodSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lookAtWay } from '../../lib/file/way.js';
import { untilFileTimeMoves } from '../races/file-time.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('file/way');

/** `link` leads to `real`, in which there are `a/b` and `other`. */
function place(): { readonly directory: string; at(name: string): string } {
  const directory = realpathSync(temporaryDirectory());
  for (const name of ['real/a/b', 'real/other']) mkdirSync(join(directory, name), { recursive: true });
  symlinkSync('real', join(directory, 'link'));
  untilFileTimeMoves();
  return { directory, at: (name) => join(directory, name) };
}

type Change = (at: (name: string) => string) => void;

/** Puts one in the place of another, and that one back. */
const toAndFro =
  (from: string, to: string): Change =>
  (at) => {
    renameSync(at(from), at(to));
    untilFileTimeMoves();
    renameSync(at(to), at(from));
  };

const moved: readonly (readonly [what: string, name: string, change: Change])[] = [
  ['the directory itself is gone', 'real/a/b', (at) => rmSync(at('real/a/b'), { recursive: true })],
  ['the directory itself was moved and is back', 'real/a/b', toAndFro('real/a/b', 'real/a/c')],
  ['one above it was moved and is back', 'real/a', toAndFro('real/a', 'real/c')],
  [
    'another stands in its place',
    'real/a',
    (at) => {
      renameSync(at('real/a'), at('real/c'));
      mkdirSync(at('real/a/b'), { recursive: true });
    },
  ],
  ['a link on the way was moved and is back', 'link', toAndFro('link', 'aside')],
  [
    'a link on the way leads elsewhere',
    'link',
    (at) => {
      symlinkSync('real/other', at('new'));
      renameSync(at('new'), at('link'));
    },
  ],
  [
    'a file stands in its place',
    'real/a/b',
    (at) => {
      rmSync(at('real/a/b'), { recursive: true });
      writeFileSync(at('real/a/b'), '');
    },
  ],
  ['it has other rights', 'real/a', (at) => chmodSync(at('real/a'), 0o700)],
];
for (const [what, name, change] of moved) {
  test(`${what}: that is told`, () => {
    const { at } = place();
    const way = lookAtWay([at('link/a/b')]);
    assert.is(way.whatMoved(), null);
    change(at);
    assert.is(way.whatMoved(), at(name));
  });
}

const same: readonly (readonly [what: string, change: Change])[] = [
  ['nothing happens', () => {}],
  ['a file comes into it', (at) => writeFileSync(at('real/a/b/file'), '')],
  ['what is listed in it is looked at', (at) => void readdirSync(at('real/a/b'))],
  ['a directory beside it is moved', toAndFro('real/other', 'real/another')],
];
for (const [what, change] of same) {
  test(`${what}: that is nothing`, () => {
    const { at } = place();
    const way = lookAtWay([at('link/a/b'), at('real/a/absent')]);
    change(at);
    assert.is(way.whatMoved(), null);
  });
}

test('what is not there yet is nobody’s way', () => {
  const { at } = place();
  const way = lookAtWay([at('real/c/d')]);
  mkdirSync(at('real/c/d'), { recursive: true });
  assert.is(way.whatMoved(), null);
});

test.run();
