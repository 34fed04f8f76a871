import * as fs from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeOwnDirectory } from '../../lib/trust/own-directory.js';
import { readReceipt } from '../../lib/trust/receipts.js';
import { readSeal, writeSeal } from '../../lib/trust/seals.js';
import { openState } from '../../lib/trust/state-directory.js';
import { stepwise } from '../races/stepwise.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { BLOB, decision, fileOf, place } from './states.js';

const test = suite('trust/state-directory');

function mode(path: string): string {
  return (fs.statSync(path).mode & 0o7777).toString(8);
}

test('without a state directory nothing is known, nothing is remembered, and nothing is the matter', async () => {
  const state = await openState(null, temporaryDirectory());
  assert.equal(state.problems, []);
  assert.equal(await readSeal(state, BLOB), { kind: 'none', problem: null });
  assert.equal(await readReceipt(state, BLOB), { kind: 'none', problem: null });
  assert.equal(await writeSeal(state, decision()), { kind: 'not-written', problem: null });
});

test('opening and reading create nothing', async () => {
  const at = await place();
  assert.equal(at.state.problems, []);
  assert.equal(await readSeal(at.state, BLOB), { kind: 'none', problem: null });
  assert.not.ok(fs.existsSync(at.directory));
});

test('the first write makes the directories, for all to read and nobody else to write, whatever the umask', async () => {
  for (const umask of [0o077, 0o000]) {
    const at = await place();
    const before = process.umask(umask);
    try {
      assert.is((await writeSeal(at.state, decision())).kind, 'written');
    } finally {
      process.umask(before);
    }
    for (const part of ['', 'seals', join('seals', at.state.key)]) assert.is(mode(join(at.directory, part)), '755');
    assert.is(mode(fileOf(at, 'seals')), '644');
  }
});

test('parents that are absent are made', async () => {
  const parent = temporaryDirectory();
  const state = await openState(join(parent, 'a', 'b', 'c'), parent);
  assert.is((await writeSeal(state, decision())).kind, 'written');
  assert.is((await readSeal(state, BLOB)).kind, 'sealed');
});

test('each store has its own folder, and its root is resolved first', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  const link = join(at.root, '..', 'link');
  fs.symlinkSync(at.root, link);
  assert.is((await openState(at.directory, link)).key, at.state.key);
  assert.is((await openState(at.directory, `${at.root}/`)).key, at.state.key);
  const other = await openState(at.directory, temporaryDirectory());
  assert.is.not(other.key, at.state.key);
  assert.is((await readSeal(other, BLOB)).kind, 'none');
});

test('a seal copied into the folder of another store is not its seal', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  const other = await openState(at.directory, temporaryDirectory());
  fs.cpSync(join(at.directory, 'seals', at.state.key), join(at.directory, 'seals', other.key), { recursive: true });
  const read = await readSeal(other, BLOB);
  assert.is(read.kind, 'unreadable');
});

test('a link in place of the state directory is followed', async () => {
  const at = await place();
  fs.mkdirSync(at.directory, { mode: 0o755 });
  fs.symlinkSync(at.directory, `${at.directory}-link`);
  const state = await openState(`${at.directory}-link`, at.root);
  assert.equal(state.problems, []);
  await writeSeal(state, decision());
  assert.is((await readSeal(at.state, BLOB)).kind, 'sealed');
});

for (const bits of [0o775, 0o757, 0o1777]) {
  test(`a state directory of mode ${bits.toString(8)} is refused: others can write it`, async () => {
    const at = await place();
    await writeSeal(at.state, decision());
    fs.chmodSync(at.directory, bits);
    const state = await openState(at.directory, at.root);
    assert.is(state.problems.length, 1);
    assert.match(state.problems[0] ?? '', 'others can write it');
    const read = await readSeal(state, BLOB);
    assert.is(read.kind, 'unreadable', 'a seal that is there is never no seal');
    assert.is((await readSeal(state, 'ef'.repeat(32))).kind, 'none');
    assert.is((await writeSeal(state, decision({ blob: 'ef'.repeat(32) }))).kind, 'not-written');
  });
}

for (const part of ['seals', 'the store’s folder']) {
  test(`${part} that others can write is refused, and the problem is told`, async () => {
    const at = await place();
    await writeSeal(at.state, decision());
    const path = part === 'seals' ? join(at.directory, 'seals') : join(at.directory, 'seals', at.state.key);
    fs.chmodSync(path, 0o777);
    assert.is((await readSeal(at.state, BLOB)).kind, 'unreadable');
    const absent = await readSeal(at.state, 'ef'.repeat(32));
    assert.is(absent.kind, 'none');
    assert.match(absent.kind === 'none' ? (absent.problem ?? '') : '', path);
    const written = await writeSeal(at.state, decision({ blob: 'ef'.repeat(32) }));
    assert.is(written.kind, 'not-written');
    assert.match(written.kind === 'not-written' ? (written.problem ?? '') : '', path);
    assert.is(mode(path), '777', 'what is there is judged, not changed');
  });
}

test('a link in place of a folder inside is not followed', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  fs.renameSync(join(at.directory, 'seals'), join(at.directory, 'elsewhere'));
  fs.symlinkSync('elsewhere', join(at.directory, 'seals'));
  assert.is((await readSeal(at.state, BLOB)).kind, 'unreadable');
  const written = await writeSeal(at.state, decision({ blob: 'ef'.repeat(32) }));
  assert.match(written.kind === 'not-written' ? (written.problem ?? '') : '', 'not a directory but a symlink');
  assert.equal(fs.readdirSync(join(at.directory, 'elsewhere', at.state.key)), [`${BLOB}.json`]);
});

test('a file in place of the state directory is a problem, not an error', async () => {
  const at = await place();
  fs.writeFileSync(at.directory, '');
  const state = await openState(at.directory, at.root);
  assert.match(state.problems[0] ?? '', 'not a directory but a file');
  assert.is((await readReceipt(state, BLOB)).kind, 'none');
  assert.is((await writeSeal(state, decision())).kind, 'not-written');
});

for (const [mode, problem] of [
  [0o755, null],
  [0o777, 'others can write it (mode 0777)'],
] as const) {
  const judged = problem === null ? 'is used' : 'is refused if others can write it';
  test(`a directory that somebody else makes at the same moment ${judged}`, async () => {
    const folder = join(temporaryDirectory(), 'seals');
    const make = () => {
      fs.mkdirSync(folder);
      fs.chmodSync(folder, mode);
    };
    const made = await stepwise(
      () => makeOwnDirectory(folder),
      // After it was looked for in vain, and before it is made.
      (step) => step === 0 && queueMicrotask(make),
    );
    assert.is(made, problem && `${folder}: ${problem}`);
    assert.is(fs.statSync(folder).mode & 0o777, mode);
  });
}

needs(['root'], test, 'a state directory of another user is refused', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  fs.chownSync(at.directory, 12345, 0);
  const state = await openState(at.directory, at.root);
  assert.match(state.problems[0] ?? '', 'belongs to user 12345');
  assert.is((await readSeal(state, BLOB)).kind, 'unreadable');
});

needs(['root'], test, 'who may not write reads root’s seals, remembers nothing, and is not warned', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  fs.chmodSync(join(at.directory, '..'), 0o755);
  process.seteuid?.(12345);
  try {
    const state = await openState(at.directory, at.root);
    assert.equal(state.problems, []);
    assert.is((await readSeal(state, BLOB)).kind, 'sealed');
    const written = await writeSeal(state, decision({ blob: 'ef'.repeat(32) }));
    assert.equal(written, { kind: 'not-written', problem: null });
  } finally {
    process.seteuid?.(0);
  }
});

needs(['root'], test, 'who may not even look is not told that there is no seal', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  fs.chmodSync(join(at.directory, '..'), 0o755);
  fs.chmodSync(at.directory, 0o700);
  process.seteuid?.(12345);
  try {
    const state = await openState(at.directory, at.root);
    assert.is((await readSeal(state, BLOB)).kind, 'unreadable');
    assert.is((await readSeal(state, 'ef'.repeat(32))).kind, 'unreadable');
    const receipt = await readReceipt(state, BLOB);
    assert.is(receipt.kind, 'none');
  } finally {
    process.seteuid?.(0);
  }
});

test.run();
