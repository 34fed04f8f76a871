import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { commandOf, ownIdentity, statOf, whereIs } from '../../lib/trust/process.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('a process');

function ourselves() {
  const own = ownIdentity();
  if (own === null) throw new Error('/proc does not tell who we are');
  return own;
}

/** A child of a shell, in which it lives until it is killed; it has said a line. */
async function shell(script: string): Promise<{ readonly child: ChildProcess; readonly pid: number; line: string }> {
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { child, pid: child.pid ?? 0, line: String(line).trim() };
}

test('is told from another that has the same number, and from one where numbers mean others', () => {
  const own = ourselves();
  assert.is(own.pid, process.pid);
  assert.is(whereIs(own), 'here');
  assert.is(whereIs({ ...own, started: String(Number(own.started) + 1) }), 'dead');
  assert.is(whereIs({ ...own, boot: 'another' }), 'elsewhere');
  assert.is(whereIs({ ...own, pidNamespace: 'pid:[1]' }), 'elsewhere');
});

test('that was killed is dead, also while nobody has asked how it ended', async () => {
  // What the shell becomes never asks for its child, which ends only then.
  const ended = 'while read -r name <"/proc/$1/comm" && [ "$name" != sleep ]; do :; done';
  const { child, line } = await shell(`sh -c '${ended}' sh "$$" & echo $!; exec sleep 1000`);
  const pid = Number(line);
  while (statOf(pid)?.hasEnded !== true) await setImmediate();
  assert.is(whereIs({ ...ourselves(), pid, started: statOf(pid)?.started ?? '' }), 'dead');
  // It has no command line any more.
  assert.is(commandOf(pid), 'sh');
  const parent = statOf(child.pid ?? 0);
  assert.is(whereIs({ ...ourselves(), pid: child.pid ?? 0, started: parent?.started ?? '' }), 'here');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.is(whereIs({ ...ourselves(), pid: child.pid ?? 0, started: parent?.started ?? '' }), 'dead');
});

test('may call itself what it likes', async () => {
  const { child, pid } = await shell("printf 'a) Z 1 (b' >/proc/$$/comm; echo; read -r line");
  const stat = statOf(pid);
  assert.equal([stat?.name, stat?.parent, stat?.hasEnded], ['a) Z 1 (b', process.pid, false]);
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('is shown by what it was started as, without its interpreter', async () => {
  const hole = join(temporaryDirectory(), 'hole');
  writeFileSync(hole, '');
  // It takes minutes to read.
  truncateSync(hole, 200e9);
  const child = spawn(process.execPath, ['--no-warnings', program, 'hash', hole], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  while (!commandOf(pid).startsWith('blobcheck')) await setImmediate();
  assert.is(commandOf(pid), `blobcheck hash ${hole}`);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.is(commandOf(pid), '?');
});

test('that was started with ever so many words is shown by the first of them', async () => {
  const { child, pid } = await shell(`echo; read -r line; : ${'word '.repeat(100)}`);
  assert.match(commandOf(pid), /^sh -c echo; read -r line; : word .*…$/);
  assert.is(commandOf(pid).length, 200);
  child.kill('SIGKILL');
  await once(child, 'exit');
});

needs(['mount-namespace'], test, 'is not told from others where there is no /proc, and nothing fails for that', () => {
  const script = 'mount -t tmpfs tmpfs /proc && exec "$@"';
  const child = fileURLToPath(new URL('no-proc-child.ts', import.meta.url));
  const words = ['sh', '-c', script, 'sh', process.execPath, '--import', 'tsx', child, temporaryDirectory()];
  const run = spawnSync('unshare', ['--map-root-user', '--mount', ...words], { encoding: 'utf8' });
  assert.is(run.status, 0, run.stderr);
  assert.equal(JSON.parse(run.stdout), {
    ...{ own: null, stat: null, command: '?', where: 'elsewhere' },
    ...{ openers: [], note: 'as it was' },
  });
});

test.run();
