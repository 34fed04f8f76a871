import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Terminal } from '../../lib/cli/terminal.js';
import { timeLimit } from '../../lib/cli/time-limit.js';
import { needs } from '../support/requires.js';
import { hookEnvironment, preClone } from './hooked.js';
import { rootOf, warmNode } from './warm.js';

const test = suite('how long an asker waits');

test('without a setting Node waits ten minutes, and what was waited before is counted', async () => {
  const terminal = { env: {}, err: () => {}, signal: new AbortController().signal } as unknown as Terminal;
  const over = timeLimit(terminal, 600_000);
  const { findings } = await over.reached;
  over.clear();
  assert.match(findings[0]?.message ?? '', 'has not ended within 600 s');
  const young = timeLimit(terminal, 500_000);
  assert.not(young.signal.aborted);
  young.clear();
});

/** The words of a process that waits for a lock, once there is one below this process. */
async function flockBelow(parent: number | undefined): Promise<string[]> {
  for (;;) {
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      const [stat, words] = [fileText(`/proc/${name}/stat`), fileText(`/proc/${name}/cmdline`).split('\0')];
      const above = stat.replace(/^.*\) /s, '').split(' ')[1];
      if (above === String(parent) && words.includes('-w')) return words;
    }
    await setImmediate();
  }
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

needs(
  ['receipts', 'flock'],
  test,
  'without a setting the script waits ten minutes for another one’s turn',
  async () => {
    const node = warmNode();
    rmSync(join(node.state, 'stamps'), { recursive: true });
    const held = spawn('flock', [join(node.state, 'locks/hook.app:v1'), 'sh', '-c', 'echo held; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(held.stdout, 'data');
    const env = hookEnvironment({ BLOBCHECK_STATE_DIR: node.state });
    const asker = spawn('sh', [preClone, '--root-dir', rootOf(node), 'app:v1'], { stdio: 'ignore', env });
    const words = await flockBelow(asker.pid);
    held.stdin.end();
    await once(asker, 'close');
    assert.equal(words.slice(1, -1), ['-w', '600', '9']);
    assert.is(asker.exitCode, 0);
  },
);

test.run();
