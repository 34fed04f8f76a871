import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startProgram } from '../lib/start-program.js';

const test = suite('starting a program');

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const never = (error: Error) => {
  throw error;
};

test('one that is not there has failed, and its time limit keeps nobody alive', async () => {
  const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
    startProgram('/nonexistent/program', [], { endAfterMs: 3_600_000 }, resolve);
    assert.ok(timers() > 0);
  });
  assert.is(error.code, 'ENOENT');
  assert.is(timers(), 0);
});

test('one that has ended keeps nobody alive either', async () => {
  const child = startProgram('true', [], { endAfterMs: 3_600_000 }, never) as ChildProcess;
  assert.equal(await once(child, 'close'), [0, null]);
  assert.is(timers(), 0);
});

test('one that takes longer than it may is ended', async () => {
  const child = startProgram('sleep', ['3600'], { endAfterMs: 1, stdio: 'ignore' }, never) as ChildProcess;
  assert.equal(await once(child, 'close'), [null, 'SIGTERM']);
});

test('what Node throws is a failure like any other', () => {
  const failed: (string | undefined)[] = [];
  const longer = 'x'.repeat(1024 * 1024);
  assert.is(
    startProgram('true', [longer], { endAfterMs: 3_600_000 }, ({ code }) => failed.push(code)),
    null,
  );
  assert.equal(failed, ['E2BIG']);
});

test.run();
