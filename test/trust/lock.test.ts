import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { takeLock, withLock } from '../../lib/trust/lock.js';
import { statOf } from '../../lib/trust/process.js';
import { openState } from '../../lib/trust/state-directory.js';
import { temporaryDirectory } from '../support/temporary.js';
import { hold, lockFile, untilWaiting } from './held.js';
import { place } from './states.js';

const test = suite('a lock');

const work = async () => 'worked';
const refused = { kind: 'not-locked', problem: null };

test('nobody works under it while another does, and the next comes when that is done', async () => {
  const { state } = await place();
  const held = await hold(state, 'x');
  const order: string[] = [];
  const next = withLock(state, 'x', {}, async () => order.push('next'));
  await untilWaiting(lockFile(state, 'x'), 1);
  order.push('first');
  await held.release();
  assert.is((await next).kind, 'done');
  assert.equal(order, ['first', 'next']);
});

test('another name, or another store, is another lock', async () => {
  const { state, directory } = await place();
  const held = await hold(state, 'x');
  assert.equal(await withLock(state, 'y', { waitMs: 0 }, work), { kind: 'done', result: 'worked' });
  const other = await openState(directory, (await place()).root);
  assert.equal(await withLock(other, 'x', { waitMs: 0 }, work), { kind: 'done', result: 'worked' });
  await held.release();
});

test('who does not wait is told that somebody holds it', async () => {
  const { state } = await place();
  const held = await hold(state, 'x');
  const locked = await withLock(state, 'x', { waitMs: 0 }, work);
  assert.equal(locked, {
    kind: 'busy',
    problem: `${lockFile(state, 'x')} cannot be locked: somebody else holds it`,
  });
  await held.release();
  assert.is((await withLock(state, 'x', { waitMs: 0 }, work)).kind, 'done');
});

test('who waits for so long, and no longer, is told that somebody holds it', async () => {
  const { state } = await place();
  const held = await hold(state, 'x');
  assert.is((await withLock(state, 'x', { waitMs: 1 }, work)).kind, 'busy');
  await held.release();
});

test('who waits by a flock(1) that is killed is told that, and not that somebody holds it', async () => {
  const { state } = await place();
  const held = await hold(state, 'x');
  const waiting = withLock(state, 'x', {}, work);
  await untilWaiting(lockFile(state, 'x'), 1);
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number);
  for (const pid of children) if (statOf(pid)?.name === 'flock') process.kill(pid, 'SIGKILL');
  assert.equal(await waiting, {
    kind: 'not-locked',
    problem: `${lockFile(state, 'x')} cannot be locked: flock (util-linux) ends with SIGKILL`,
  });
  await held.release();
});

test('what does not let itself be locked is not said to be held by somebody else', async () => {
  const file = join(temporaryDirectory(), 'file');
  writeFileSync(file, '');
  // O_PATH, open(2): there is no lock on such a descriptor, as there is none on a file system without locks.
  const handle = await open(file, 0o10000000);
  assert.is(await takeLock(handle, {}), 'flock (util-linux) ends with 65');
  await handle.close();
});

test('a wait that is aborted ends, and the lock stays with its holder', async () => {
  const { state } = await place();
  const held = await hold(state, 'x');
  const abort = new AbortController();
  const waiting = withLock(state, 'x', { signal: abort.signal }, work);
  await untilWaiting(lockFile(state, 'x'), 1);
  abort.abort();
  const ended = await waiting;
  assert.is(ended.kind, 'not-locked');
  assert.is((await withLock(state, 'x', { signal: abort.signal }, work)).kind, 'not-locked', 'aborted before');
  assert.is((await withLock(state, 'x', { waitMs: 0 }, work)).kind, 'busy');
  await held.release();
});

test('it is released when the work fails, and the failure is told', async () => {
  const { state } = await place();
  const fail = () => Promise.reject(new Error('no luck'));
  const message = await withLock(state, 'x', {}, fail).then(
    () => 'none',
    (error: Error) => error.message,
  );
  assert.is(message, 'no luck');
  assert.is((await withLock(state, 'x', { waitMs: 0 }, work)).kind, 'done');
});

test('nobody else may open it, so nobody else can hold it for ever', async () => {
  const { state } = await place();
  await withLock(state, 'x', {}, work);
  assert.is(statSync(lockFile(state, 'x')).mode & 0o777, 0o600);
});

test('without a state directory, or with one that is not to be trusted, there is none and no complaint', async () => {
  const { directory, root } = await place();
  assert.equal(await withLock(await openState(null, root), 'x', {}, work), refused);
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  assert.equal(await withLock(await openState(directory, root), 'x', {}, work), refused);
});

const obstacles: readonly (readonly [string, (folder: string, file: string) => void])[] = [
  ['a file in the place of the directory of locks', (folder) => writeFileSync(folder, '')],
  ['a link in the place of the directory of locks', (folder) => symlinkSync('/', folder)],
  [
    'a directory of locks that everybody can write',
    (folder) => {
      mkdirSync(folder);
      chmodSync(folder, 0o777);
    },
  ],
  [
    'a link in the place of the lock',
    (folder, file) => {
      mkdirSync(folder);
      symlinkSync('/dev/null', file);
    },
  ],
];
for (const [what, make] of obstacles) {
  test(`${what} is told, and nothing is locked`, async () => {
    const { state, directory } = await place();
    await withLock(state, 'x', {}, work);
    const folder = join(directory, 'locks');
    rmSync(folder, { recursive: true });
    make(folder, lockFile(state, 'x'));
    const locked = await withLock(state, 'x', {}, work);
    assert.is(locked.kind, 'not-locked');
    assert.match(locked.kind === 'not-locked' ? (locked.problem ?? '') : '', folder);
  });
}

test.run();
