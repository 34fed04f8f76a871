import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hook, toldCodes } from '../cli/hooked.js';
import { program } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { untilStopped } from '../support/until-stopped.js';
import { beforeFault, brokenInvariants } from './invariants.js';
import { type TroubledNode, troubledNode } from './troubled-node.js';

const test = suite('a reader that stands still');
const stopAtFlush = fileURLToPath(new URL('stop-at-flush.cjs', import.meta.url));

/** A check that has taken the turn to read the base of a snapshot, and was stopped then. */
async function stopped(node: TroubledNode, ref: string): Promise<ChildProcess> {
  const words = ['--require', stopAtFlush, program, 'verify', '--json', ...node.options, ref];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await untilStopped(child.pid);
  return child;
}

for (const [ref, signal, status, end] of [
  ['sound:v1', 'SIGCONT', 0, 'allow'],
  ['flipped:v1', 'SIGCONT', 1, 'deny'],
  ['sound:v1', 'SIGKILL', null, 'allow'],
] as const) {
  needs(
    ['flock', 'receipts'],
    test,
    `ends the wait of a hook of ${ref} and not its right answer, after ${signal}`,
    async () => {
      const node = await troubledNode();
      node.reset(false);
      const before = await beforeFault(node);
      const reader = await stopped(node, ref);
      let printed = '';
      reader.stdout?.on('data', (chunk: Buffer) => (printed += chunk));
      const timedOut = hook(node, [ref], { BLOBCHECK_TIMEOUT: '1s' });
      assert.equal([timedOut.status, toldCodes(timedOut)], [3, ['check-timeout']]);
      reader.kill(signal);
      const [code] = await once(reader, 'close');
      assert.is(code, status);
      const answer = hook(node, [ref]);
      assert.is(answer.status, end === 'allow' ? 0 : 1, answer.stderr);
      const asked = { verdicts: node.verdicts, printed: '' };
      const ended = { status: code, signal: reader.signalCode, stdout: printed, stderr: 'killed' };
      assert.equal(await brokenInvariants(before, { ended, asked, mayEndIn: ['SIGKILL'] }), []);
    },
  );
}

test.run();
