import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { idFor } from '../builders/cocoon-root.js';
import { smallNode, snapshotOn } from '../builders/small-node.js';
import { blobcheck } from '../support/blobcheck.js';
import { hold, untilWaiting } from '../trust/held.js';
import { hookEnvironment, preClone, startHook, toldCodes } from './hooked.js';
import { status } from './seals.js';
import { killed, type SlowNode, slowNode, startVerify, stopAmid } from './slow-node.js';

const test = suite('status tells who reads a base, and who waits for it');

const schema = readFileSync(fileURLToPath(new URL('../../schemas/status.v1.json', import.meta.url)), 'utf8');
const holdsAgainstSchema = new Ajv({ strict: false }).compile(JSON.parse(schema));

const blobOf = (node: SlowNode) => status(node).blobs[0];
const text = (node: SlowNode) => blobcheck(['status', ...node.options]).stdout;

/** Writes the note of a stopped process as if it had been stopped at that time. */
function age(node: SlowNode, at: string): void {
  writeFileSync(node.lock, readFileSync(node.lock, 'utf8').replace(/"at":"[^"]*"/, `"at":"${at}"`), { flag: 'r+' });
}

test('nobody where nobody does', () => {
  const node = smallNode();
  const [blob] = status(node).blobs;
  assert.equal([blob?.reading, blob?.waiting], [null, []]);
  const run = blobcheck(['status', ...node.options]);
  assert.is(run.status, 0);
  assert.not.match(run.stdout, /reading|waiting/);
});

test('by process, bytes, rate and time left, until the reader is killed and the next one reads', async () => {
  const node = await slowNode();
  const first = startVerify(node);
  await stopAmid(node, first);
  const waiter = startVerify(node);
  await untilWaiting(node.lock, 1);
  age(node, new Date().toISOString());
  const blob = blobOf(node);
  assert.ok(holdsAgainstSchema(status(node)), JSON.stringify(holdsAgainstSchema.errors));
  const { reading } = blob ?? {};
  assert.equal([reading?.pid, reading?.host, reading?.bytesTotal], [first.pid, hostname(), node.bytes]);
  assert.ok((reading?.bytesDone ?? 0) > 0 && (reading?.bytesPerSecond ?? 0) > 0 && (reading?.secondsLeft ?? 0) > 0);
  assert.is(reading?.stalled, false);
  assert.is(blob?.waiting.length, 1);
  assert.is(blob?.waiting[0]?.pid, waiter.pid);
  assert.match(blob?.waiting[0]?.what ?? '', /^blobcheck verify --json .*app:v1$/);
  const human = text(node);
  assert.match(human, new RegExp(`  reading    process ${first.pid}: [0-9.]+ .B of 14 GB, [0-9.]+ .B/s, .* left\\n`));
  assert.match(human, new RegExp(`  waiting    blobcheck verify .*app:v1 \\(process ${waiter.pid}\\)\\n`));
  await killed(first);
  await stopAmid(node, waiter);
  const now = blobOf(node);
  assert.equal([now?.reading?.pid, now?.waiting], [waiter.pid, []]);
  await killed(waiter);
  assert.equal([blobOf(node)?.reading, blobOf(node)?.waiting], [null, []]);
});

test('as stalled where it says nothing any more, with the seconds', async () => {
  const node = await slowNode();
  const reader = startVerify(node);
  await stopAmid(node, reader);
  age(node, '2026-01-01T00:00:00.000Z');
  const reading = blobOf(node)?.reading;
  assert.equal([reading?.pid, reading?.stalled, reading?.secondsLeft], [reader.pid, true, null]);
  assert.ok((reading?.silentSeconds ?? 0) > 86_400);
  assert.match(text(node), new RegExp(`process ${reader.pid}: .*, stalled, silent for .*d`));
  await killed(reader);
});

test('be it that the reader says nothing at all', async () => {
  const node = await slowNode();
  const held = await hold(node.stateDirectory, node.base);
  const { reading } = blobOf(node) ?? {};
  assert.equal(reading, {
    pid: process.pid,
    host: hostname(),
    since: null,
    bytesDone: null,
    bytesTotal: null,
    bytesPerSecond: null,
    secondsLeft: null,
    silentSeconds: null,
    stalled: null,
  });
  assert.match(text(node), `process ${process.pid} has the turn and does not say how far it is`);
  await held.release();
});

test('but not by a note of which the process has nothing open any more', async () => {
  const node = await slowNode();
  const held = await hold(node.stateDirectory, node.base);
  const other = startVerify(node);
  await untilWaiting(node.lock, 1);
  await held.release();
  await stopAmid(node, other);
  const note = readFileSync(node.lock, 'utf8');
  await killed(other);
  // As if it had been ours, and could not be removed.
  const stat = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  const ours = note.replace(/"pid":\d+/, `"pid":${process.pid}`).replace(/"started":"\d+"/, `"started":"${stat[19]}"`);
  writeFileSync(node.lock, ours.trimEnd());
  assert.is(blobOf(node)?.reading, null);
  const again = await hold(node.stateDirectory, node.base);
  assert.is(blobOf(node)?.reading?.bytesTotal, node.bytes, 'it is a note that would count');
  await again.release();
});

/** What bin/pre-clone does where another hook asks about the same snapshot: it waits for the lock of a file. */
function shellHook(file: string): ChildProcess {
  const script = 'exec 9<>"$1"; flock -x 9 || exit; echo; read -r line; :';
  return spawn('sh', ['-c', script, 'sh', file], { stdio: ['pipe', 'pipe', 'inherit'] });
}

test('and which hooks wait in the shell, by the names and the ids of snapshots', async () => {
  const name = 'team/app:v2';
  const node = smallNode({ more: (base, blob) => [snapshotOn(name, base, blob)] });
  const locks = join(node.state, 'locks');
  mkdirSync(locks);
  const fileOf = (reference: string) => join(locks, `hook.${reference}`);
  for (const of of ['team+app:v2', idFor(name), 'foreign:v1']) writeFileSync(fileOf(of), '');
  const ofName = [1, 2, 3].map(() => shellHook(fileOf('team+app:v2')));
  const ofId = shellHook(fileOf(idFor(name)));
  const ofOther = shellHook(fileOf('foreign:v1'));
  await once(ofId.stdout ?? ofId, 'data');
  await once(ofOther.stdout ?? ofOther, 'data');
  await untilWaiting(fileOf('team+app:v2'), 2);
  const waiting = status(node).blobs[0]?.waiting ?? [];
  const pids = ofName.map(({ pid }) => pid ?? 0).sort((a, b) => a - b);
  assert.equal(waiting, [
    { pid: ofId.pid, what: `hook of ${idFor(name)}` },
    ...pids.map((pid) => ({ pid, what: `hook of ${name}` })),
  ]);
  const human = blobcheck(['status', ...node.options]).stdout;
  assert.match(human, `  waiting    hook of ${idFor(name)} (process ${ofId.pid}), 3 × hook of ${name}\n`);
  for (const hook of [...ofName, ofId, ofOther]) await killed(hook);
});

test('and hooks as bin/pre-clone asks them', async () => {
  const node = await slowNode();
  const reader = startVerify(node);
  await stopAmid(node, reader);
  const env = hookEnvironment({ BLOBCHECK_STATE_DIR: node.state });
  const args = [preClone, '--root-dir', node.root.directory, 'app:v1'];
  const hooks = [1, 2, 3].map(() => spawn('sh', args, { stdio: 'ignore', env }));
  const worker = async () => {
    for (;;) {
      const waiting = blobOf(node)?.waiting ?? [];
      const ensure = waiting.find(({ what }) => what.startsWith('blobcheck ensure '));
      if (waiting.length === 4 && ensure !== undefined) return { ensure, waiting };
      await setImmediate();
    }
  };
  const { ensure, waiting } = await worker();
  const pids = hooks.map(({ pid }) => pid ?? 0).sort((a, b) => a - b);
  assert.equal(waiting, [ensure, ...pids.map((pid) => ({ pid, what: 'hook of app:v1' }))]);
  for (const hook of hooks) await killed(hook);
  process.kill(ensure.pid, 'SIGKILL');
  await killed(reader);
});

test('and a reader that was stopped keeps nobody who may wait for so long only', async () => {
  const node = await slowNode();
  const reader = startVerify(node);
  await stopAmid(node, reader);
  const ask = async () => {
    const ran = await startHook(node, ['app:v1'], { BLOBCHECK_TIMEOUT: '1s' }).ended;
    assert.is(ran.status, 3, ran.stderr);
    assert.equal(toldCodes(ran), ['check-timeout']);
    return blobOf(node)?.waiting ?? [];
  };
  // A busy machine may need longer than that to start a worker.
  let waiting = await ask();
  while (waiting.length === 0) waiting = await ask();
  // The worker waits on for whoever asks next.
  const [worker, ...more] = waiting;
  assert.equal(more, []);
  assert.match(worker?.what ?? '', /^blobcheck ensure /);
  process.kill(worker?.pid ?? 0, 'SIGKILL');
  await killed(reader);
});

test.run();
