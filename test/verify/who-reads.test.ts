import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commandOf } from '../../lib/trust/process.js';
import { readNote, startNote } from '../../lib/trust/reading-note.js';
import { openState, type StateDirectory } from '../../lib/trust/state-directory.js';
import { whoReads } from '../../lib/verify/who-reads.js';
import { needs } from '../support/requires.js';
import { hold, lockFile } from '../trust/held.js';
import { BLOB, OTHER_BLOB, place } from '../trust/states.js';

const test = suite('who reads a blob, and who waits for it');

const openers: number[] = [];
test.after.each(() => {
  for (const pid of openers.splice(0)) process.kill(pid, 'SIGKILL');
});

/** A state directory whose locks' files are there. */
async function started(): Promise<StateDirectory> {
  const { state } = await place();
  const file = lockFile(state, BLOB);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  for (const path of [file, lockFile(state, OTHER_BLOB)]) writeFileSync(path, '', { mode: 0o600 });
  return state;
}

/** A process that has a file open until the test is over. It is no child of ours, which would work for us. */
async function opener(file: string, lock = ''): Promise<number> {
  const script = `exec 9<>"$1" && ${lock} echo $$ && exec sleep 60 >/dev/null`;
  const starter = spawn('sh', ['-c', '"$@" &', 'sh', 'sh', '-c', script, 'sh', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [[said]] = await Promise.all([once(starter.stdout, 'data'), once(starter, 'exit')]);
  const pid = Number(said);
  openers.push(pid);
  while (!commandOf(pid).startsWith('sleep')) await setImmediate();
  return pid;
}

const hook = (state: StateDirectory, name: string) => join(state.path ?? '', 'locks', `hook.${name}`);

async function who(state: StateDirectory, ...references: string[]) {
  const [asked, ...others] = await whoReads(state, [
    { blob: BLOB, references },
    { blob: OTHER_BLOB, references: [] },
  ]);
  // Nobody reads the other one, or waits for it.
  assert.equal(others, [{ reading: null, waiting: [] }]);
  return asked;
}

/** Writes our note into the file of a blob's lock, which stays open. */
async function noted(state: StateDirectory): Promise<FileHandle> {
  const file = await open(lockFile(state, BLOB), 'r+');
  startNote(file, BLOB, 4096);
  while ((await readNote(state, BLOB)) === null) await setImmediate();
  return file;
}

const silent = {
  since: null,
  bytesDone: null,
  bytesTotal: null,
  bytesPerSecond: null,
  secondsLeft: null,
  silentSeconds: null,
  stalled: null,
};

test('is nobody where nobody has a file open, or nothing is remembered', async () => {
  const nobody = { reading: null, waiting: [] };
  assert.equal(await who(await started(), 'app:v1', 'x y'), nobody);
  assert.equal(await who(await openState(null, '/'), 'app:v1', 'x y'), nobody);
  assert.equal(await whoReads(await started(), []), []);
});

needs(['flock'], test, 'is the process that has the lock, and each other that has its file open', async () => {
  const state = await started();
  const held = await hold(state, BLOB);
  const pid = await opener(lockFile(state, BLOB));
  const found = await who(state);
  await held.release();
  assert.equal(found, {
    reading: { ...silent, pid: process.pid, host: hostname() },
    waiting: [{ pid, what: 'sleep 60' }],
  });
  // Nobody reads any more, and it waits on.
  assert.equal(await who(state), { reading: null, waiting: [{ pid, what: 'sleep 60' }] });
});

test('is the process that says so, which does not wait for itself', async () => {
  const state = await started();
  const file = await noted(state);
  const pid = await opener(lockFile(state, BLOB));
  const found = await who(state);
  await file.close();
  const { bytesTotal, bytesDone, stalled, host } = found?.reading ?? {};
  assert.equal([found?.reading?.pid, host, bytesDone, bytesTotal, stalled], [process.pid, hostname(), 0, 4096, false]);
  assert.equal(found?.waiting, [{ pid, what: 'sleep 60' }]);
});

test('is none that lives and has closed the file again, though its note is there', async () => {
  const state = await started();
  await (await noted(state)).close();
  assert.equal(await who(state), { reading: null, waiting: [] });
  const pid = await opener(lockFile(state, BLOB));
  assert.equal(await who(state), { reading: null, waiting: [{ pid, what: 'sleep 60' }] });
});

needs(['flock'], test, 'is one of another machine as long as it says so, whatever its number is here', async () => {
  const state = await started();
  await (await noted(state)).close();
  const note = { ...(await readNote(state, BLOB)), boot: 'another', host: 'node2', at: new Date().toISOString() };
  writeFileSync(lockFile(state, BLOB), JSON.stringify(note));
  const found = await who(state);
  assert.equal([found?.reading?.pid, found?.reading?.host, found?.waiting], [process.pid, 'node2', []]);
  // Who has the lock here does not wait for it, whoever says what.
  const held = await hold(state, BLOB);
  writeFileSync(lockFile(state, BLOB), JSON.stringify({ ...note, pid: 2 ** 30 }));
  const both = await who(state);
  await held.release();
  assert.equal([both?.reading?.pid, both?.waiting], [2 ** 30, []]);
});

needs(['flock'], test, 'is each hook of a snapshot on it: the one with its lock waits for the check', async () => {
  const state = await started();
  const holder = await opener(hook(state, 'app:v1'), 'flock -x 9 &&');
  const second = await opener(hook(state, 'app:v1'));
  const other = await opener(hook(state, 'a+b'));
  await opener(hook(state, 'null'));
  const found = await who(state, 'app:v1', 'x y', 'a/b');
  assert.is(found?.reading, null);
  assert.equal(found?.waiting, [
    ...[holder, second].sort((a, b) => a - b).map((pid) => ({ pid, what: 'hook of app:v1' })),
    { pid: other, what: 'hook of a/b' },
  ]);
});

test.run();
