import { mkdirSync, readlinkSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { walkPath } from '../../lib/file/walk-path.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('the way that a path takes');

/** A directory whose own path has no links. */
const fresh = () => realpathSync(temporaryDirectory());

/** The end of a way, without what differs each time. */
function endOf(path: string): string {
  const { end } = walkPath(path);
  return end.kind === 'not-absolute' ? end.kind : `${end.kind} ${end.path}`;
}

/** The steps from `base` on, relative to it. */
function stepsFrom(base: string, path: string): string[] {
  const { steps } = walkPath(path);
  return steps
    .map((step) => step.path)
    .filter((step) => step.startsWith(`${base}/`))
    .map((step) => step.slice(base.length + 1));
}

test('every directory from the root on, in its order', () => {
  const base = fresh();
  mkdirSync(join(base, 'a/b'), { recursive: true });
  const { steps, end, ambiguous } = walkPath(join(base, 'a/b'));
  const parents = base.split('/').map((_, at, all) => all.slice(0, at + 1).join('/') || '/');
  assert.equal(
    steps.map(({ path }) => path),
    [...parents, join(base, 'a'), join(base, 'a/b')],
  );
  assert.ok(steps.every(({ stats }) => stats.isDirectory()));
  assert.is(end.kind === 'directory' && end.path, join(base, 'a/b'));
  assert.is(ambiguous, null);
  assert.is(endOf('/'), 'directory /');
  assert.is(endOf('//'), 'directory /');
  assert.is(endOf('/..'), 'directory /');
});

test('links are steps, and what they lead through, too', () => {
  const base = fresh();
  mkdirSync(join(base, 'a/b/c'), { recursive: true });
  mkdirSync(join(base, 'x'));
  symlinkSync('../a/./b//', join(base, 'x/relative'));
  symlinkSync(join(base, 'x/relative'), join(base, 'absolute'));
  assert.is(endOf(join(base, 'absolute/c')), `directory ${base}/a/b/c`);
  assert.equal(stepsFrom(base, join(base, 'absolute/c/')), ['absolute', 'x', 'x/relative', 'a', 'a/b', 'a/b/c']);
  assert.is(endOf(join(base, 'absolute/c')), `directory ${realpathSync(join(base, 'absolute/c'))}`);
});

test('`..` leads up from where a link leads, and that is told', () => {
  const base = fresh();
  mkdirSync(join(base, 'a/b'), { recursive: true });
  symlinkSync('a/b', join(base, 'link'));
  const walked = walkPath(`${base}/link/..`);
  assert.is(walked.ambiguous, join(base, 'link'));
  assert.is(endOf(`${base}/link/..`), `directory ${base}/a`);
  assert.is(walkPath(`${base}/link/./x/../..`).ambiguous, null, 'the way ends before');
  mkdirSync(join(base, 'a/b/x'));
  assert.is(walkPath(`${base}/link/x/../..`).ambiguous, join(base, 'link'));
  assert.is(walkPath(`${base}/link/x/..`).ambiguous, null);
  assert.is(walkPath(`${base}/a/b/../b`).ambiguous, null);
  symlinkSync('a/b/..', join(base, 'inside'));
  assert.is(walkPath(join(base, 'inside')).ambiguous, null, 'every program asks the kernel where a link leads');
});

test('a link over a link is cleaned in its order', () => {
  const base = fresh();
  mkdirSync(join(base, 'a/b'), { recursive: true });
  symlinkSync('a', join(base, 'one'));
  symlinkSync('b', join(base, 'a/two'));
  assert.is(walkPath(`${base}/one/two/../b`).ambiguous, join(base, 'a/two'));
  assert.is(walkPath(`${base}/one/b/../b`).ambiguous, null);
});

test('what is no directory ends the way', () => {
  const base = fresh();
  writeFileSync(join(base, 'file'), '');
  symlinkSync('file', join(base, 'link'));
  symlinkSync('gone', join(base, 'dangling'));
  for (const path of ['file', 'file/', 'file/x', 'file/..', 'link', 'link/x']) {
    assert.is(endOf(`${base}/${path}`), `not-directory ${base}/file`, path);
  }
  for (const path of ['gone', 'gone/x', 'dangling', 'dangling/..']) {
    assert.is(endOf(`${base}/${path}`), `missing ${base}/gone`, path);
  }
  for (const path of ['', '.', 'a', '..', './a']) assert.is(endOf(path), 'not-absolute', path);
});

test('forty links are followed, and no more', () => {
  const base = fresh();
  mkdirSync(join(base, '0'));
  for (let at = 1; at <= 41; at++) symlinkSync(String(at - 1), join(base, String(at)));
  assert.is(endOf(join(base, '40')), `directory ${base}/0`);
  assert.is(realpathSync.native(join(base, '40')), join(base, '0'));
  assert.is(endOf(join(base, '41')), `too-many-links ${base}/1`);
  assert.throws(() => realpathSync.native(join(base, '41')), 'ELOOP');
  symlinkSync('loop', join(base, 'loop'));
  assert.is(endOf(join(base, 'loop')), `too-many-links ${base}/loop`);
  assert.equal(stepsFrom(base, join(base, 'loop')), ['loop']);
});

test('names that cannot be looked at end the way, and nothing is thrown', () => {
  const base = fresh();
  assert.is(endOf(`${base}/nul\0byte`), `unreadable ${base}/nul\0byte`);
  assert.match(endOf(`${base}/${'x'.repeat(256)}`), 'unreadable');
  mkdirSync(join(base, 'f\ufffdf'));
  symlinkSync(Buffer.from([0x66, 0xff, 0x66]), join(base, 'link'));
  assert.is(readlinkSync(join(base, 'link')), 'f\ufffdf');
  assert.is(endOf(join(base, 'link')), `unreadable ${base}/link`);
});

test.run();
