import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('what an archive can make us do');

interface Told {
  readonly kind: string;
  readonly reason?: string;
  readonly entry?: string | null;
  readonly offset?: number;
  readonly entries?: number;
  readonly grownMiB: number;
}

/** Reads an archive that is made on the way, in a process of its own. */
function read(name: string): Told {
  const child = fileURLToPath(new URL('bounded-child.ts', import.meta.url));
  const run = spawnSync(process.execPath, ['--import', 'tsx', child, name], { encoding: 'utf8' });
  assert.is(run.status, 0, run.stderr);
  const told = JSON.parse(run.stdout) as Told;
  // What is kept, 28 MiB, and what the garbage collector lets lie of chunks and lists.
  assert.ok(told.grownMiB < 96, `${name}: grew by ${told.grownMiB} MiB`);
  return told;
}

const GIB = 2 ** 30;

test('10 GiB of zeros out of 10 MiB are left after the first of them', () => {
  const told = read('bomb');
  assert.is(told.reason, 'it unpacks to more than 256 times its size, and more than 1073741824 bytes');
  assert.is(told.entry, 'memory-ranges');
  assert.ok((told.offset ?? 0) >= GIB - 2 ** 20 && (told.offset ?? 0) < 2 * GIB);
});

test('they are left at once behind the end mark and in PAX records', () => {
  const behind = read('bomb behind the end');
  assert.is(behind.reason, 'more than 1048576 bytes follow the end mark');
  assert.ok((behind.offset ?? GIB) < 2 ** 21);
  const records = read('bomb in PAX records');
  assert.is(records.reason, 'its PAX records have 8388608000 bytes, more than 1048576');
  assert.is(records.offset, 1536);
});

test('250 maps of 55,000 segments are read and forgotten', () => {
  assert.is(read('maps of crumbs that nothing is kept of').entries, 251);
});

test('segments of what is kept count like bytes', () => {
  const told = read('maps of crumbs');
  assert.match(String(told.reason), /^more would be kept of it than the \d+ bytes that are left for it$/);
  assert.is(told.entry, 'data-8.raw');
});

test('27 MiB of documents are kept, 64 TiB of holes cost nothing, 8 GiB of memory pass by', () => {
  assert.is(read('documents as large as may be').entries, 4);
  assert.is(read('a file of 64 TiB of holes').entries, 2);
  assert.is(read('a plain file of 8 GiB').entries, 2);
});

test.run();
