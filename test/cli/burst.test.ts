import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needs } from '../support/requires.js';
import { startedBy } from '../support/started.js';
import { hookEnvironment, preClone } from './hooked.js';
import { ask, rootOf, warmNode } from './warm.js';

const test = suite('many hooks that ask at once');

/** What each of these leaves of the state directory. */
const forgotten: Readonly<Record<string, readonly string[]>> = {
  'start one Node, and one process that reads the base': ['stamps', 'receipts'],
  'are one, too, where nobody has ever asked': [''],
};
for (const [name, sections] of Object.entries(forgotten)) {
  needs(['strace', 'receipts', 'flock'], test, name, () => {
    const node = warmNode();
    for (const section of sections) rmSync(join(node.state, section), { recursive: true });
    const all = 'for each in 1 2 3 4 5 6 7 8 9 10; do sh "$0" "$@" & done; wait';
    const env = hookEnvironment({ BLOBCHECK_STATE_DIR: node.state });
    const { programs, stderr } = startedBy(['sh', '-c', all, preClone, '--root-dir', rootOf(node), 'app:v1'], env);
    assert.is(stderr, '');
    assert.is(programs.filter((name) => name === 'node').length, 2, programs.join(' '));
  });
}

needs(['receipts', 'flock'], test, 'wait no longer than they may for one that does not come to its end', async () => {
  const node = warmNode();
  rmSync(join(node.state, 'stamps'), { recursive: true });
  const held = spawn('flock', [join(node.state, 'locks/hook.app:v1'), 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(held.stdout, 'data');
  const refused = ask(node, { BLOBCHECK_TIMEOUT: '1' });
  assert.is(refused.status, 1);
  assert.match(refused.stderr, 'check-timeout: another check of it has not ended within 1 s');
  assert.is(ask(node, { BLOBCHECK_TIMEOUT: '1', BLOBCHECK_MODE: 'warn' }).status, 0);
  held.kill('SIGKILL');
  held.stdin.end();
  await once(held, 'close');
  assert.is(ask(node, { BLOBCHECK_TIMEOUT: '60' }).status, 0);
});

test.run();
