import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { burst, parseBurst, parseRun, startedByShell } from '../../bench/shell.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('bench/shell');

async function rejection(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return String(error);
  }
  return assert.unreachable() as never;
}

test('the time of a run is microseconds', () => {
  assert.is(parseRun('1500\n'), 1.5);
  for (const text of ['', '1500', 'x\n', '1\n2\n']) assert.throws(() => parseRun(text), 'not the time');
});

test('a burst is its microseconds and bytes', () => {
  assert.equal(parseBurst('2500 4096\n'), { milliseconds: 2.5, bytesRead: 4096 });
  assert.throws(() => parseBurst('2500\n'), 'not the time');
});

needs(['bash'], test, 'a program is started once, and has its time', async () => {
  const log = join(temporaryDirectory(), 'log');
  const words = ['sh', '-c', 'echo run >>"$1"; exit 3', 'sh', log];
  const contestant = startedByShell('a', words, { runs: 3, status: 3 });
  assert.is(contestant.runs, 3);
  assert.ok((await contestant.measure()) > 0);
  assert.is(readFileSync(log, 'utf8'), 'run\n');
});

needs(['bash'], test, 'a program that ends otherwise is no measurement', async () => {
  const contestant = startedByShell('a', ['sh', '-c', 'exit 3'], { runs: 3 });
  assert.match(await rejection(contestant.measure()), 'ended with 3, not 0');
});

needs(['bash'], test, 'a burst counts what all have read, their children too', async () => {
  const file = join(temporaryDirectory(), 'file');
  writeFileSync(file, Buffer.alloc(4_000_000));
  const words = ['sh', '-c', 'sh -c "cat \\"$1\\"; :" sh "$1"; :', 'sh', file];
  const { bytesRead, milliseconds } = await burst(5, words, { PATH: process.env.PATH });
  assert.ok(bytesRead >= 20_000_000 && bytesRead < 21_000_000, String(bytesRead));
  assert.ok(milliseconds > 0);
});

needs(['bash'], test, 'a burst of which one fails is none', async () => {
  assert.match(await rejection(burst(2, ['false'], { PATH: process.env.PATH })), 'ended with 1');
});

test('a program that is not installed is absent', () => {
  assert.is(startedByShell('a', ['blobcheck-none'], { runs: 1 }).absent, 'blobcheck-none is not installed');
  assert.is(startedByShell('a', ['sh'], { runs: 1, absent: 'not here' }).absent, 'not here');
});

test.run();
