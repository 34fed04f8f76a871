import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { SmallNode } from '../builders/small-node.js';
import { program, type Ran } from '../support/blobcheck.js';
import { temporaryDirectory } from '../support/temporary.js';

export const preClone = fileURLToPath(new URL('../../bin/pre-clone', import.meta.url));

/** Nothing of the caller's settings, no cocoon that could be called, and no state of this machine. */
export function hookEnvironment(env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PATH: '/usr/bin:/bin', BLOBCHECK_NODE: process.execPath, BLOBCHECK_STATE_DIR: temporaryDirectory(), ...env };
}

/** Asks the hook about words on a node; its consent is a word beside its exit code. */
export function hook(node: SmallNode, args: readonly string[], env: NodeJS.ProcessEnv = {}): Ran {
  const argv = [program, 'hook', ...node.options, ...args];
  const run = spawnSync(process.execPath, argv, { encoding: 'utf8', env: hookEnvironment(env) });
  assert.is(run.stdout, run.status === 0 ? 'allow\n' : '');
  return run;
}

/** The same through the script that a guard runs, which has only what a guard gives it. */
export function hookScript(node: SmallNode, args: readonly string[], env: NodeJS.ProcessEnv = {}): Ran {
  const settings = hookEnvironment({ BLOBCHECK_STATE_DIR: node.state, ...env });
  const run = spawnSync('sh', [preClone, ...args], { encoding: 'utf8', env: settings });
  assert.is(run.stdout, '');
  return run;
}

/** The hook as a process of its own that a test can watch. */
export function startHook(node: SmallNode, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const argv = [program, 'hook', ...node.options, ...args];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'], env: hookEnvironment(env) });
  return { child, ended: ending(child) };
}

async function ending(child: ChildProcess): Promise<Ran> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk));
  // Not before every descriptor that it handed down is closed: a worker has none of them.
  const [status] = await once(child, 'close');
  return { status, stdout, stderr };
}

/** The codes that a refusal tells. */
export function toldCodes({ stderr }: Ran): string[] {
  return [...stderr.matchAll(/^ {2}([a-z0-9-]+): /gm)].map(([, code]) => code ?? '');
}
