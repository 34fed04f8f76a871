import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openState } from '../../lib/trust/state-directory.js';
import { type SmallNode, smallNode } from '../builders/small-node.js';
import { program, verifyJson } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { traced } from '../support/traced.js';
import { hold, lockFile, untilWaiting } from '../trust/held.js';
import { hook, hookEnvironment, startHook, toldCodes } from './hooked.js';

const test = suite('the time that an asker waits');

/** The process that was told of this state directory to ensure something; null where there is none. */
function workerOf({ state }: SmallNode): number | null {
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const argv = fileText(`/proc/${name}/cmdline`).split('\0');
    if (argv.includes('ensure') && argv.includes(`--state-dir=${state}`)) return Number(name);
  }
  return null;
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Parent and session of a process. */
function belonging(pid: number): { parent: number; session: number } {
  const fields = fileText(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');
  return { parent: Number(fields[1]), session: Number(fields[3]) };
}

test('ends the wait, not the work, which goes on in a session of its own', async () => {
  const node = smallNode();
  await settled(node.blob);
  const state = await openState(node.state, node.root.directory);
  // As if somebody read the base for as long as this test likes.
  const held = await hold(state, node.base);
  const { child, ended } = startHook(node, ['app:v1'], { BLOBCHECK_TIMEOUT: '1s' });
  const { status, stdout, stderr } = await ended;
  assert.equal([status, stdout], [3, '']);
  assert.equal(toldCodes({ status, stdout, stderr }), ['check-timeout']);
  assert.match(stderr, /^blobcheck: clone of app:v1 is refused\n/);
  assert.match(stderr, 'has not ended within 1 s; it goes on');
  const worker = workerOf(node);
  if (worker === null) throw new Error('there is no worker any more');
  const { parent, session } = belonging(worker);
  assert.is(session, worker);
  assert.is.not(parent, child.pid);
  await held.release();
  while (workerOf(node) !== null) await setImmediate();
  assert.is(hook(node, ['app:v1']).status, 0);
});

test('a worker whose asker is gone ends its work, and the next ask finds the result', async () => {
  const node = smallNode();
  await settled(node.blob);
  const state = await openState(node.state, node.root.directory);
  const held = await hold(state, node.base);
  const asker = startHook(node, ['app:v1']);
  await untilWaiting(lockFile(state, node.base), 1);
  const worker = workerOf(node);
  asker.child.kill('SIGKILL');
  await once(asker.child, 'exit');
  assert.is(workerOf(node), worker);
  await held.release();
  while (workerOf(node) !== null) await setImmediate();
  const names = readdirSync(node.state, { recursive: true, encoding: 'utf8' });
  assert.ok(names.some((name) => name.startsWith('seals/') && name.endsWith(`${node.base}.json`)));
  assert.is(hook(node, ['app:v1']).status, 0);
});

test('two askers at once are both answered, by one read', async () => {
  const node = smallNode();
  await settled(node.blob);
  const state = await openState(node.state, node.root.directory);
  const held = await hold(state, node.base);
  const askers = [startHook(node, ['app:v1']), startHook(node, ['app:v1'])];
  // One works for both: the other waits for it.
  await untilWaiting(lockFile(state, node.base), 1);
  await held.release();
  for (const { ended } of askers) {
    const { status, stdout, stderr } = await ended;
    assert.equal([status, stdout, stderr], [0, 'allow\n', '']);
  }
});

needs(['receipts'], test, 'what the work has read after its asker gave up is not read again for the next', async () => {
  const node = smallNode();
  await settled(node.blob);
  const state = await openState(node.state, node.root.directory);
  const held = await hold(state, node.base);
  const { ended } = startHook(node, ['app:v1'], { BLOBCHECK_TIMEOUT: '1s' });
  assert.equal(toldCodes(await ended), ['check-timeout']);
  await held.release();
  while (workerOf(node) !== null) await setImmediate();
  const [entry] = verifyJson([...node.options, 'app:v1']).report.snapshots;
  assert.equal([entry?.verdict, entry?.blobs[0]?.how], ['allow', 'receipt']);
});

needs(['strace'], test, 'is over with an error that comes before anything is judged', () => {
  const node = smallNode();
  const manifest = fileURLToPath(new URL('../../package.json', import.meta.url));
  const env = hookEnvironment({ BLOBCHECK_STATE_DIR: node.state, BLOBCHECK_TIMEOUT: '1h' });
  const words = [process.execPath, program, 'hook', '--question', 'asked', ...node.options, 'app:v1'];
  // The version is asked for by Node, by the help, and by what is told to whoever remembers.
  const unread = ['-P', manifest, '-e', 'inject=openat:error=EACCES:when=2+'];
  const { status, stdout, stderr } = traced(['timeout', '60', ...words], 'openat', unread, env);
  assert.equal([status, stdout], [3, ''], stderr);
  assert.match(stderr, /^blobcheck: EACCES: permission denied/);
});

test.run();
