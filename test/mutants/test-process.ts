import { type ChildProcess, fork } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identitiesProve } from '../support/requires.js';
import type { Reply, Request } from './protocol.js';

/** A mutant may collect without end. */
const MEMORY_MIB = 700;

export type Answer = Reply | { readonly reply: 'died' } | { readonly reply: 'timed out' };

/** A process with a loaded test file. */
export interface TestProcess {
  /** What it says of loading the file. */
  readonly loaded: Answer;
  ask(request: Request, limit: number): Promise<Answer>;
  stop(): Promise<void>;
}

// As test/run.ts has it.
const temporaryPlace = [tmpdir(), '/var/tmp'].find(identitiesProve) ?? tmpdir();

/** Starts one, with a mutant in force while the file is loaded. `limit` in milliseconds. */
export async function startTestProcess(
  program: string,
  bundle: string,
  mutant: number,
  limit: number,
): Promise<TestProcess> {
  const env: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };
  for (const key of Object.keys(env)) if (/^(COCOON_|BLOBCHECK_(?!NO_SKIP|TEST_))/.test(key)) delete env[key];
  // A process that is killed removes nothing.
  env.TMPDIR = mkdtempSync(join(temporaryPlace, 'blobcheck-mutant-'));
  // Some tests look from another user's side, as they may in /tmp.
  chmodSync(env.TMPDIR, 0o755);
  const child = fork(program, [bundle, String(mutant)], {
    env,
    execArgv: [`--max-old-space-size=${MEMORY_MIB}`],
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(env.TMPDIR as string, { recursive: true, force: true });
  };
  const ask = (request: Request, milliseconds: number) => {
    const answer = answerOf(child, milliseconds);
    if (child.connected) child.send(request, () => {});
    return answer;
  };
  return { loaded: await answerOf(child, limit), ask, stop };
}

function answerOf(child: ChildProcess, limit: number): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer) => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      resolve(answer);
    };
    const onMessage = (reply: unknown) => settle(reply as Reply);
    const onExit = () => settle({ reply: 'died' });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      settle({ reply: 'timed out' });
    }, limit);
    child.on('message', onMessage);
    child.on('exit', onExit);
    if (child.exitCode !== null || child.signalCode !== null) onExit();
  });
}
