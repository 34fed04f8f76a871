import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readArchive } from '../../lib/archive/read-archive.js';
import { BlobcheckError } from '../../lib/errors.js';
import { buildGzip, buildTar, sparseFile } from '../builders/archive.js';
import { fileOf } from './every-way.js';

const test = suite('an archive at an open descriptor');

const child = fileURLToPath(new URL('descriptor-child.ts', import.meta.url));
const noise = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * at * 7) % 253));
const spec = {
  files: [
    { name: 'mem', content: noise },
    sparseFile('cow.raw', 2 ** 30, [
      [0, noise],
      [2 ** 29, noise],
    ]),
    { name: 'vmstate', content: noise.subarray(1) },
  ],
};
const tar = buildTar(spec);
const gzip = buildGzip(spec);

/** Runs the child behind a shell's pipe or redirection. */
const behind = (words: string, file: string, ...more: string[]) =>
  answer(
    spawn('sh', ['-c', words, 'sh', file, process.execPath, child, ...more], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );

async function answer({ stdout }: ChildProcess): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of stdout ?? []) text += String(chunk);
  return JSON.parse(text);
}

const PIPE = 'cat "$1" | "$2" --import tsx "$3"';
const FILE = '"$2" --import tsx "$3" < "$1"';

async function expected(bytes: Buffer) {
  const read = await readArchive(fileOf(bytes));
  assert.ok(read.kind === 'ok');
  const entries = read.entries.map(({ name, size, stored, kept }) => [
    name,
    String(size),
    String(stored),
    createHash('sha256').update(kept.bytes).digest('hex'),
  ]);
  const { compressed } = read;
  return { kind: 'ok', compressed, bytes: bytes.length, entries, last: bytes.length, ascends: true };
}

test('a pipe, a file that standard input is led to, and a socket give what the file itself gives', async () => {
  for (const bytes of [tar, gzip]) {
    const file = fileOf(bytes);
    assert.equal(await behind(PIPE, file), await expected(bytes));
    assert.equal(await behind(FILE, file), await expected(bytes));
    const socket = spawn(process.execPath, ['--import', 'tsx', child], { stdio: ['pipe', 'pipe', 'inherit'] });
    socket.stdin.end(bytes);
    assert.equal(await answer(socket), await expected(bytes));
  }
});

test('what is refused is left at once, however much would follow', async () => {
  const bad = Buffer.from(tar);
  bad.writeUInt8(1, 600);
  const told = await behind('(cat "$1"; cat /dev/zero) | "$2" --import tsx "$3"', fileOf(bad));
  assert.is(told.kind, 'malformed');
});

test('cut short it is refused, and never waited for', async () => {
  const told = await behind(PIPE, fileOf(tar.subarray(0, 200_000)));
  const { kind, reason, entry, offset } = told;
  assert.equal(
    { kind, reason, entry, offset },
    {
      kind: 'malformed',
      reason: 'the archive ends within the file',
      entry: 'mem',
      offset: 200_000,
    },
  );
  assert.is((await behind(PIPE, fileOf(Buffer.alloc(0)))).reason, 'the archive ends without its end mark');
});

test('a signal ends the wait for a writer that has stopped, and nothing keeps the process alive', async () => {
  for (const bytes of [tar, gzip]) {
    const stopped = spawn(process.execPath, ['--import', 'tsx', child, 'abort'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    stopped.stdin.write(bytes.subarray(0, 2000));
    const told = await answer(stopped);
    assert.is(told.kind, 'aborted');
    assert.is(told.path, '-');
    assert.is(told.offset, 2000);
  }
});

test('a descriptor that is not open is unreadable', async () => {
  const fd = openSync(child, 'r');
  closeSync(fd);
  const error = await readArchive(fd).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof BlobcheckError && error.code === 'unreadable');
});

test.run();
