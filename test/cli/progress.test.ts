import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { truncateSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { progressOn } from '../../lib/cli/progress.js';
import type { Reader } from '../../lib/verify/reader.js';
import { blobcheck, program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { terminalFor } from '../support/terminal.js';

const test = suite('progress');

const child = fileURLToPath(new URL('progress-child.ts', import.meta.url));

/** Standard error that is no terminal, and a clock that is set by hand. */
function plainTerminal() {
  const lines: string[] = [];
  let milliseconds = 1_000_000;
  const terminal = terminalFor({ err: (text) => lines.push(text) });
  return { terminal, lines, now: () => milliseconds, pass: (seconds: number) => (milliseconds += seconds * 1000) };
}

test('where there is no terminal, work that is long prints a plain line every 10 s, with rate and time left', async () => {
  const { terminal, lines, now, pass } = plainTerminal();
  const progress = await progressOn(terminal, false, now);
  progress.update('/blobs/a.qcow2', 0, 4e9);
  pass(9.9);
  progress.update('/blobs/a.qcow2', 0.99e9, 4e9);
  assert.equal(lines, []);
  pass(0.1);
  progress.update('/blobs/a.qcow2', 1e9, 4e9);
  pass(1);
  progress.update('/blobs/a.qcow2', 1.1e9, 4e9);
  pass(9);
  progress.update('/blobs/a.qcow2', 2e9, 4e9);
  progress.stop();
  assert.equal(lines, ['a.qcow2: 1 GB of 4 GB, 100 MB/s, 30s left\n', 'a.qcow2: 2 GB of 4 GB, 100 MB/s, 20s left\n']);
});

test('work that reads few bytes tells how many are judged, every 10 s', () => {
  const { terminal, lines, now, pass } = plainTerminal();
  const progress = progressOn(terminal, false, now);
  progress.judged(1, 5000);
  pass(9.9);
  progress.judged(900, 5000);
  assert.equal(lines, []);
  pass(0.1);
  progress.judged(1000, 5000);
  pass(9);
  progress.judged(1900, 5000);
  assert.equal(lines, ['1000 of 5000 judged\n']);
});

test('the rate counts from where a file was when it was first seen', () => {
  const { terminal, lines, now, pass } = plainTerminal();
  const progress = progressOn(terminal, false, now);
  pass(10);
  progress.update('/blobs/a', 1e9, 2e9);
  pass(10);
  progress.update('/blobs/a', 1.5e9, 2e9);
  assert.equal(lines, ['a: 1 GB of 2 GB, ?, ? left\n', 'a: 1.5 GB of 2 GB, 50 MB/s, 10s left\n']);
});

/** Process 4711, which reads a file for us. */
function reader(changes: Partial<Reader> = {}): Reader {
  return {
    pid: 4711,
    host: hostname(),
    since: '2026-11-24T12:00:00.000Z',
    bytesDone: 1e9,
    bytesTotal: 4e9,
    bytesPerSecond: 1.5e9,
    secondsLeft: 2,
    silentSeconds: 0.2,
    stalled: false,
    ...changes,
  };
}

test('who waits for another process says so, with its bytes, its rate and what it has left', () => {
  const told: readonly (readonly [Partial<Reader>, string])[] = [
    [{}, 'waiting for process 4711: a: 1 GB of 4 GB, 1.5 GB/s, 2s left\n'],
    [{ host: 'node\u001b2' }, 'waiting for process 4711 on node\\u001b2: a: 1 GB of 4 GB, 1.5 GB/s, 2s left\n'],
    [{ bytesPerSecond: null, secondsLeft: null }, 'waiting for process 4711: a: 1 GB of 4 GB, ?, ? left\n'],
    [
      { stalled: true, secondsLeft: null, silentSeconds: 12.3 },
      'waiting for process 4711, silent for 12s: a: 1 GB of 4 GB, 1.5 GB/s, ? left\n',
    ],
  ];
  for (const [changes, expected] of told) {
    const { terminal, lines, now, pass } = plainTerminal();
    const progress = progressOn(terminal, false, now);
    pass(10);
    progress.update('/blobs/a', 1e9, 4e9, reader(changes));
    assert.equal(lines, [expected]);
  }
});

test('who reads itself after it has waited counts from its own beginning', () => {
  const { terminal, lines, now, pass } = plainTerminal();
  const progress = progressOn(terminal, false, now);
  progress.update('/blobs/a', 1e9, 4e9, reader());
  pass(5);
  progress.update('/blobs/a', 0, 4e9);
  pass(10);
  progress.update('/blobs/a', 1e9, 4e9);
  assert.equal(lines, ['a: 1 GB of 4 GB, 100 MB/s, 30s left\n']);
});

test('files that are read at the same time are told of together', () => {
  const { terminal, lines, now, pass } = plainTerminal();
  const progress = progressOn(terminal, false, now);
  progress.update('/blobs/a', 0, 2e9);
  progress.update('/blobs/b', 0, 4e9);
  pass(10);
  progress.update('/blobs/a', 1e9, 2e9);
  progress.update('/blobs/b', 1e9, 4e9);
  pass(10);
  // The one that is done still counts while the other is under way.
  progress.update('/blobs/a', 2e9, 2e9);
  progress.update('/blobs/b', 4e9, 4e9);
  pass(10);
  progress.update('/blobs/c', 1e9, 4e9);
  assert.equal(lines, [
    '2 files: 1 GB of 6 GB, 100 MB/s, 50s left\n',
    '2 files: 3 GB of 6 GB, 150 MB/s, 20s left\n',
    'c: 1 GB of 4 GB, ?, ? left\n',
  ]);
});

test('a file that is read a second time is told of from its beginning', () => {
  const { terminal, lines, now, pass } = plainTerminal();
  const progress = progressOn(terminal, false, now);
  progress.update('/blobs/a', 0, 2e9);
  pass(5);
  progress.update('/blobs/a', 2e9, 2e9);
  progress.update('/blobs/a', 0, 2e9);
  pass(10);
  progress.update('/blobs/a', 1e9, 2e9);
  assert.equal(lines, ['a: 1 GB of 2 GB, 100 MB/s, 10s left\n']);
});

test('the name of the file is escaped', async () => {
  const { terminal, lines, now, pass } = plainTerminal();
  const progress = await progressOn(terminal, false, now);
  pass(11);
  progress.update('/blobs/a\u001b[2J', 1, 2);
  assert.match(lines[0] ?? '', /^a\\u001b\[2J: /);
});

test('--quiet prints none', async () => {
  const { terminal, lines, now, pass } = plainTerminal();
  const progress = await progressOn(terminal, true, now);
  pass(100);
  progress.update('/blobs/a', 1, 2);
  assert.equal(lines, []);
});

test('work that is over soon prints nothing on standard error', () => {
  const file = join(temporaryDirectory(), 'small');
  writeFileSync(file, 'x');
  assert.is(blobcheck(['hash', file]).stderr, '');
});

/** What a terminal shows of its last line once it was erased, as the end of a bar does. */
const leftAfterErasing = (output: string) => output.split('\u001b[2K').at(-1)?.trim();

const onTerminal = { ...process.env, TERM: 'xterm' };

needs(['script'], test, 'on a terminal there is a bar while it works, and none is left when it is done', () => {
  const command = `${process.execPath} --import tsx ${child}`;
  const run = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', env: onTerminal });
  assert.is(run.status, 0, run.stdout);
  assert.match(run.stdout, /100%.*\/s.*left.*hole/);
  assert.is(leftAfterErasing(run.stdout), 'done');
});

needs(['script'], test, 'the bar of who waits says for whom, and another comes when it reads itself', () => {
  const command = `${process.execPath} --import tsx ${child} 4711`;
  const run = spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', env: onTerminal });
  assert.is(run.status, 0, run.stdout);
  assert.match(run.stdout, /waiting for process 4711: 25% {2}1 GB\/s {2}3s left.*hole/);
  assert.not.match(run.stdout, /waiting for process 4711: [56789]\d%/);
  assert.match(run.stdout, /100%.*\/s.*left.*hole/);
  assert.is(leftAfterErasing(run.stdout), 'done');
});

needs(['script'], test, 'a bar comes while a large file is read, and an interruption takes it away', async () => {
  const file = join(temporaryDirectory(), 'hole');
  writeFileSync(file, '');
  // It takes minutes to read, and is interrupted as soon as there is a bar.
  truncateSync(file, 200e9);
  const command = `exec ${process.execPath} ${program} hash ${file}`;
  const run = spawn('script', ['-qec', command, '/dev/null'], { env: onTerminal });
  let output = '';
  let interrupted = false;
  run.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
    if (interrupted || !/%.*\/s.*left.*hole/.test(output)) return;
    interrupted = true;
    // What Ctrl-C sends through a terminal.
    run.stdin.write('\u0003');
  });
  const [status] = await once(run, 'close');
  assert.ok(interrupted, output);
  assert.is(status, 130);
  assert.is(leftAfterErasing(output), '');
});

test.run();
