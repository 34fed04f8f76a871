import { spawnSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { progressOn } from '../../lib/cli/progress.js';
import type { Terminal } from '../../lib/cli/terminal.js';
import { plain } from '../../lib/report/human.js';
import { blobcheck, program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('progress');

/** Standard error that is no terminal, and a clock that is set by hand. */
function plainTerminal() {
  const lines: string[] = [];
  let milliseconds = 1_000_000;
  const terminal: Terminal = {
    env: {},
    signal: new AbortController().signal,
    paint: plain,
    stderrIsTerminal: false,
    out: () => {},
    err: (text) => lines.push(text),
  };
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

needs(['script'], test, 'on a terminal there is a bar while it works, and none is left when it is done', () => {
  const file = join(temporaryDirectory(), 'hole');
  writeFileSync(file, '');
  // A second of work or two: a bar appears after 0.4 s.
  truncateSync(file, 3e9);
  const command = `${process.execPath} ${program} hash ${file}`;
  const run = spawnSync('script', ['-qec', command, '/dev/null'], {
    encoding: 'utf8',
    env: { ...process.env, TERM: 'xterm' },
  });
  assert.is(run.status, 0);
  assert.match(run.stdout, /hole {2}.*%.*\/s.*left/);
  const last =
    run.stdout
      .trimEnd()
      .split(/[\r\n]+/)
      .at(-1) ?? '';
  assert.match(last, /[0-9a-f]{64} {2}.*hole$/);
});

test.run();
