import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canLookInto, openersOf } from '../../lib/trust/openers.js';
import { stepwise } from '../races/stepwise.js';
import { temporaryDirectory } from '../support/temporary.js';
import { untilWaiting } from './held.js';

const test = suite('who has a file open');

function fresh(): string {
  const file = join(temporaryDirectory(), 'a.lock');
  writeFileSync(file, '');
  return file;
}

/** A script that has a file open as descriptor 9 and waits for its lock by flock(1), as a hook in the shell does. */
function script(file: string, then: string): ChildProcess {
  const text = 'exec 9<>"$1" && flock -x 9 && eval "$2"';
  return spawn('sh', ['-c', text, 'sh', file, then], { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function end(...children: ChildProcess[]): Promise<void> {
  for (const child of children) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

const openers = async (file: string) => (await openersOf([file])).get(file);

test('is told by process, and who of them has its lock', async () => {
  const file = fresh();
  const holder = script(file, 'echo; read -r line');
  await once(holder.stdout ?? holder, 'data');
  const waiters = [script(file, ''), script(file, '')];
  await untilWaiting(file, 2);
  const [first = 0, second = 0] = waiters.map(({ pid }) => pid ?? 0).sort((a, b) => a - b);
  const expected = [
    { pid: holder.pid ?? 0, holdsLock: true },
    { pid: first, holdsLock: false },
    { pid: second, holdsLock: false },
  ].sort((a, b) => a.pid - b.pid);
  assert.equal(await openers(file), expected);
  // The flock(1) of a waiter that was killed waits on.
  await end(...waiters);
  assert.equal(await openers(file), [{ pid: holder.pid ?? 0, holdsLock: true }]);
  await end(holder);
  await untilNobody(file);
});

test('is not who got it from a parent that has it open', async () => {
  const file = fresh();
  const holder = script(file, 'sh -c "echo; read -r line"; :');
  await once(holder.stdout ?? holder, 'data');
  assert.equal(await openers(file), [{ pid: holder.pid ?? 0, holdsLock: true }]);
  holder.stdin?.end();
  await once(holder, 'exit');
  await untilNobody(file);
});

test('is nobody who has another file of that name open, or one that stood there before', async () => {
  const file = fresh();
  const other = fresh();
  const holders = [script(file, 'echo; read -r line'), script(other, 'echo; read -r line')];
  for (const holder of holders) await once(holder.stdout ?? holder, 'data');
  assert.equal(await openers(file), [{ pid: holders[0]?.pid ?? 0, holdsLock: true }]);
  const both = await openersOf([file, other]);
  assert.equal(both.get(other), [{ pid: holders[1]?.pid ?? 0, holdsLock: true }]);
  writeFileSync(`${file}.new`, '');
  renameSync(`${file}.new`, file);
  assert.is(await openers(file), undefined);
  rmSync(other);
  assert.is(await openers(other), undefined);
  await end(...holders);
});

test('has its lock by whichever descriptor, if it has several', async () => {
  const file = fresh();
  const holder = script(file, 'exec 8<>"$1"; echo; read -r line');
  await once(holder.stdout ?? holder, 'data');
  assert.equal(await openers(file), [{ pid: holder.pid ?? 0, holdsLock: true }]);
  await end(holder);
  const other = script(file, 'exec 7<>"$1" 8<>"$1" && flock -u 9 && flock -x 7 && echo && read -r line');
  await once(other.stdout ?? other, 'data');
  assert.equal(await openers(file), [{ pid: other.pid ?? 0, holdsLock: true }]);
  await end(other);
});

for (const question of ['readlink', 'stat']) {
  test(`is nobody who closes it just before the ${question} that asks`, async () => {
    const file = fresh();
    const descriptor = openSync(file, 'r');
    const own = `/proc/${process.pid}/fd/${descriptor}`;
    const asked: string[] = [];
    const found = await stepwise(
      () => openers(file),
      (_, path) => {
        if (path !== own) return;
        asked.push(path);
        if (asked.length === (question === 'readlink' ? 1 : 2)) closeSync(descriptor);
      },
    );
    assert.is(found, undefined);
    assert.is(asked.length, question === 'readlink' ? 1 : 2);
  });
}

test('is asked only of those whom we may look into', () => {
  assert.ok(canLookInto(process.pid));
  // Process ids end at 2^22: proc(5), pid_max.
  assert.not.ok(canLookInto(2 ** 22 + 1));
});

async function untilNobody(file: string): Promise<void> {
  while ((await openers(file)) !== undefined);
}

test.run();
