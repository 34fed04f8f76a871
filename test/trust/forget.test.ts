import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { foldersOfStore, forgetReplaceable, forgetStore, replaceableIn } from '../../lib/trust/forget.js';
import { openState } from '../../lib/trust/state-directory.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('forgetting');

/** A state directory that remembers something in every section, of two stores. */
async function remembering() {
  const state = temporaryDirectory();
  const [gone, kept] = [temporaryDirectory(), temporaryDirectory()];
  for (const root of [gone, kept]) {
    for (const folder of await foldersOfStore(state, root)) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'a.json'), '{}');
    }
    const { key } = await openState(state, root);
    for (const [section, name, text] of [
      ['locks', `${key}.seals`, ''],
      ['stamps', key.slice(0, 8), `${root} /run app:v1\n${gone} ${kept}\n`],
    ] as const) {
      mkdirSync(join(state, section), { recursive: true });
      writeFileSync(join(state, section, name), text);
    }
  }
  return { state, gone, kept };
}

const sections = (state: string) => ['receipts', 'stamps', 'locks'].map((section) => join(state, section));

const count = (directory: string) => readdirSync(directory).length;

test('all that is remembered of one store goes, its seals too, and of no other', async () => {
  const { state, gone, kept } = await remembering();
  assert.equal(await forgetStore(state, gone), []);
  for (const folder of await foldersOfStore(state, gone)) assert.not.ok(existsSync(folder));
  for (const folder of await foldersOfStore(state, kept)) assert.ok(existsSync(join(folder, 'a.json')));
  assert.is(count(join(state, 'locks')), 1);
  assert.is(count(join(state, 'stamps')), 1);
});

test('all that may be lost goes, and the seals stay', async () => {
  const { state } = await remembering();
  assert.equal(await replaceableIn(state), { there: sections(state), problems: [] });
  const { removed, problems, left, seals } = await forgetReplaceable(state);
  assert.equal(removed, sections(state));
  assert.equal([problems, left, seals], [[], [], true]);
  assert.equal(readdirSync(state), ['seals']);
  assert.is(count(join(state, 'seals')), 2);
});

test('a link in a section’s place is removed, and not followed', async () => {
  const state = temporaryDirectory();
  const elsewhere = temporaryDirectory();
  writeFileSync(join(elsewhere, 'precious'), '');
  symlinkSync(elsewhere, join(state, 'receipts'));
  assert.equal(await replaceableIn(state), { there: [join(state, 'receipts')], problems: [] });
  assert.equal((await forgetReplaceable(state)).removed, [join(state, 'receipts')]);
  assert.equal(readdirSync(elsewhere), ['precious']);
});

test('where others can write nothing is removed, nor is it planned', async () => {
  const { state, gone } = await remembering();
  chmodSync(state, 0o777);
  const planned = await replaceableIn(state);
  assert.equal(planned.there, []);
  assert.match(planned.problems[0] ?? '', /others can write it/);
  const { removed, problems } = await forgetReplaceable(state);
  assert.equal(removed, []);
  assert.match(problems[0] ?? '', /others can write it/);
  assert.match((await forgetStore(state, gone))[0] ?? '', /others can write it/);
  assert.equal(readdirSync(state).sort(), ['locks', 'receipts', 'seals', 'stamps']);
});

test('what is no stamp among the stamps, and no regular file at all, hinders nothing', async () => {
  const { state, gone } = await remembering();
  execFileSync('mkfifo', [join(state, 'stamps', 'fifo')]);
  mkdirSync(join(state, 'stamps', 'directory'));
  writeFileSync(join(state, 'locks', 'large'), '');
  truncateSync(join(state, 'locks', 'large'), 2 ** 40);
  assert.equal(await forgetStore(state, gone), []);
  assert.is(count(join(state, 'locks')), 2);
  assert.is(count(join(state, 'stamps')), 3);
});

needs(['root'], test, 'who may not look into the directory is told so, for each part of it', async () => {
  const { state } = await remembering();
  chmodSync(state, 0o700);
  process.seteuid?.(12345);
  try {
    const { there, problems } = await replaceableIn(state);
    assert.equal(there, []);
    assert.equal(
      problems,
      sections(state).map((path) => `${path} cannot be removed: EACCES: permission denied`),
    );
    assert.equal((await forgetReplaceable(state)).problems, problems);
  } finally {
    process.seteuid?.(0);
  }
});

test('of a directory that is not there nothing is to be forgotten', async () => {
  const nothing = { removed: [], problems: [], left: [], seals: false };
  assert.equal(await replaceableIn('/nonexistent/state'), { there: [], problems: [] });
  assert.equal(await forgetReplaceable('/nonexistent/state'), nothing);
  assert.equal(await forgetStore('/nonexistent/state', '/'), []);
});

test.run();
