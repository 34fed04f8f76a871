import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hashFile } from '../../lib/digest/hash-file.js';
import { BlobcheckError } from '../../lib/errors.js';
import type { VerifyReport } from '../../lib/report/documents.js';
import { openState } from '../../lib/trust/state-directory.js';
import type { OnProgress } from '../../lib/verify/reader.js';
import { type SmallNode, smallNode } from '../builders/small-node.js';
import { killed, slowNode, startVerify, stopAmid } from '../cli/slow-node.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { verifyNode } from '../support/verify-node.js';
import { hold, lockFile, untilWaiting } from '../trust/held.js';
import { type Base, baseImage, baseOf, codes, receiptResult, whatReceiptsNeed } from './blobs.js';

const test = suite('a base is read by one at a time');

const receiptsNeed = await whatReceiptsNeed();
const foreign = 'cd'.repeat(32);

interface Verifying {
  readonly child: ChildProcess;
  readonly report: Promise<VerifyReport>;
}

function verifying(node: SmallNode): Verifying {
  const argv = [program, 'verify', '--json', ...node.options, 'app:v1'];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk));
  return { child, report: once(child, 'close').then(() => JSON.parse(printed)) };
}

async function stateOf(node: SmallNode) {
  return await openState(node.state, node.root.directory);
}

needs(receiptsNeed, test, 'of many processes that need it read one reads it, and its receipt serves all', async () => {
  const node = smallNode();
  await settled(node.blob);
  const state = await stateOf(node);
  const held = await hold(state, node.base);
  const runs = [verifying(node), verifying(node), verifying(node)];
  await untilWaiting(lockFile(state, node.base), runs.length);
  await held.release();
  const reports = await Promise.all(runs.map(({ report }) => report));
  assert.equal(
    reports.map(({ verdict }) => verdict),
    ['allow', 'allow', 'allow'],
  );
  const how = reports.map(({ snapshots }) => snapshots[0]?.blobs[0]?.how);
  assert.equal(how.sort(), ['hashed', 'receipt', 'receipt']);
});

test('a reader that is killed lets the next one in', async () => {
  const node = smallNode();
  chmodSync(node.blob, 0o644);
  // A sound image, and a hole behind it that takes minutes to read.
  truncateSync(node.blob, 200e9);
  const index = join(node.root.directory, 'cloudimg/db/images.json');
  writeFileSync(index, readFileSync(index, 'utf8').replace(/"size":\d+/, '"size":200000000000'));
  await settled(node.blob);
  const file = lockFile(await stateOf(node), node.base);
  const first = verifying(node);
  first.report.catch(() => {});
  await untilWaiting(file, 0);
  const second = verifying(node);
  second.report.catch(() => {});
  await untilWaiting(file, 1);
  first.child.kill('SIGKILL');
  await once(first.child, 'close');
  await untilWaiting(file, 0);
  await untilRead(second.child, 100e6);
  assert.is(second.child.exitCode, null);
  second.child.kill('SIGKILL');
  await once(second.child, 'close');
});

test('who waits sees the bytes of whoever reads, and reads itself when that is killed', async () => {
  const node = await slowNode();
  const reader = startVerify(node);
  await stopAmid(node, reader);
  const abort = new AbortController();
  const told: (number | 'ourselves')[] = [];
  let hasSeen = () => {};
  const seen = new Promise<void>((resolve) => (hasSeen = resolve));
  const onProgress: OnProgress = (_path, bytesDone, bytesTotal, by) => {
    assert.ok(bytesDone > 0 && bytesTotal === node.bytes);
    told.push(by?.pid ?? 'ourselves');
    hasSeen();
    if (by === undefined) abort.abort();
  };
  const { signal } = abort;
  const verified = verifyNode(node, undefined, { onProgress, signal });
  await seen;
  await killed(reader);
  // The abort is a finding of its entry, or an error.
  await verified.catch(() => {});
  assert.is(told[0], reader.pid);
  assert.is(told.at(-1), 'ourselves');
  assert.equal(told.indexOf('ourselves'), told.length - 1, 'what another has read is not told once we read');
});

test('a turn to read one base is none to read another', async () => {
  const base = await baseOf(baseImage('good'));
  const held = await hold(base.state, foreign);
  assert.is((await base.judge()).report.how, 'hashed');
  await held.release();
});

test('nobody waits for a turn who reads nothing', async () => {
  const base = await baseOf(baseImage('good'));
  const held = await hold(base.state, base.blob);
  assert.equal(codes(await base.judge({}, { content: 'remembered' })), ['check-timeout']);
  await held.release();
});

test('a wait that is interrupted ends, and nothing is read', async () => {
  const base = await baseOf(baseImage('good'));
  const held = await hold(base.state, base.blob);
  const abort = new AbortController();
  const judged = base.judge({}, { signal: abort.signal, onProgress: () => assert.unreachable('it is read') });
  await untilWaiting(lockFile(base.state, base.blob), 1);
  abort.abort();
  const error = await judged.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.is(error instanceof BlobcheckError && error.code, 'aborted');
  await held.release();
});

test('a program that waits for its turn ends at once when it is interrupted', async () => {
  const node = smallNode();
  const state = await stateOf(node);
  const held = await hold(state, node.base);
  const { child, report } = verifying(node);
  report.catch(() => {});
  await untilWaiting(lockFile(state, node.base), 1);
  child.kill('SIGTERM');
  assert.equal(await once(child, 'close'), [143, null]);
  await held.release();
});

/** Judges a base, and does something to it while another process has the turn to read it. */
async function judgeAfter(base: Base, meddle: () => void | Promise<void>) {
  const held = await hold(base.state, base.blob);
  const judged = base.judge();
  await untilWaiting(lockFile(base.state, base.blob), 1);
  await settled(base.path);
  await meddle();
  await held.release();
  return await judged;
}

function replace(path: string, bytes: Uint8Array): void {
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}

test('who waited judges the file that stands there when its turn has come', async () => {
  const copied = await baseOf(baseImage('good'));
  assert.equal(codes(await judgeAfter(copied, () => replace(copied.path, copied.bytes))), []);
  const removed = await baseOf(baseImage('good'));
  assert.equal(codes(await judgeAfter(removed, () => rmSync(removed.path))), ['blob-missing']);
  const replaced = await baseOf(baseImage('good'));
  assert.equal(codes(await judgeAfter(replaced, () => replace(replaced.path, baseImage('evil')))), ['blob-unsealed']);
});

test('a base that is written to while it is waited for is changed', async () => {
  const base = await baseOf(baseImage('good'));
  const judged = await judgeAfter(base, () => writeFileSync(base.path, baseImage('evil'), { flag: 'r+' }));
  assert.equal(codes(judged), ['blob-changed']);
});

test('who waited goes by the seal that was written meanwhile', async () => {
  const base = await baseOf(baseImage('converted'), foreign);
  const judged = await judgeAfter(base, async () => {
    await base.ledger.seal(foreign, await hashFile(base.path), 'operator');
  });
  assert.equal(codes(judged), []);
  assert.equal([judged.report.basis, judged.report.how], ['operator', 'hashed']);
});

const obstacles: readonly (readonly [string, (locks: string, file: string) => void])[] = [
  ['a file in the place of the directory of locks', (locks) => writeFileSync(locks, '')],
  ['a directory in the place of the lock', (_locks, file) => mkdirSync(file, { recursive: true })],
];
for (const [what, make] of obstacles) {
  test(`${what} changes no verdict, and is told`, async () => {
    const base = await baseOf(baseImage('good'));
    mkdirSync(base.state.path ?? '');
    make(join(base.state.path ?? '', 'locks'), lockFile(base.state, base.blob));
    const judged = await base.judge();
    assert.equal(codes(judged), []);
    assert.is(judged.report.how, 'hashed');
    assert.is(base.ledger.problems.size, 1);
    assert.match([...base.ledger.problems][0] ?? '', 'locks');
    if (receiptsNeed.length === 0) assert.is(receiptResult(base), 'good');
  });
}

/** A process has read so many bytes. */
async function untilRead(child: ChildProcess, bytes: number): Promise<void> {
  for (;;) {
    const read = /^rchar: (\d+)/m.exec(readFileSync(`/proc/${child.pid}/io`, 'utf8'))?.[1];
    if (Number(read) > bytes) return;
    await setImmediate();
  }
}

test.run();
