import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { VerifyReport } from '../../lib/report/documents.js';
import type { StoreCheckOptions } from '../../lib/verify/run.js';
import type { SmallNode } from '../builders/small-node.js';
import { hookEnvironment, preClone } from '../cli/hooked.js';
import { rootOf } from '../cli/warm.js';
import { program } from '../support/blobcheck.js';
import { verifyNode } from '../support/verify-node.js';

/** One verification, by CLOCK_MONOTONIC in nanoseconds. */
export interface Verified {
  readonly by: By;
  readonly from: bigint;
  readonly to: bigint;
  readonly isAllowed: boolean;
}

export type By = 'library' | 'program' | 'hook' | 'script';

type Verify = (node: SmallNode) => Promise<boolean>;

const library =
  (options: Partial<StoreCheckOptions>): Verify =>
  async (node) =>
    isAllowed(await verifyNode(node, undefined, options));

const isAllowed = ({ verdict }: VerifyReport): boolean => verdict === 'allow';

const settings = ({ state }: SmallNode) => hookEnvironment({ BLOBCHECK_STATE_DIR: state });

/** The eight that loop at the same time. */
const loops: readonly (readonly [By, Verify])[] = [
  ['library', library({})],
  ['library', library({ content: 'remembered' })],
  ['library', library({ stateDir: null, content: 'read' })],
  ['library', library({ content: 'read', direct: true })],
  ['program', (node) => ran([process.execPath, program, 'verify', ...node.options, 'app:v1'])],
  ['hook', (node) => ran([process.execPath, program, 'hook', ...node.options, 'app:v1'], settings(node))],
  ['script', (node) => ran(['sh', preClone, '--root-dir', rootOf(node), 'app:v1'], settings(node))],
  ['script', (node) => ran(['sh', preClone, '--root-dir', rootOf(node), 'app:v1'], settings(node))],
];

/** Verifies `app:v1` in eight loops until the library has done it so often, and each program so often. */
export async function verifyInLoops(
  node: SmallNode,
  { library: byLibrary, each }: { readonly library: number; readonly each: number },
): Promise<readonly Verified[]> {
  const verified: Verified[] = [];
  let left = byLibrary;
  await Promise.all(
    loops.map(async ([by, verify]) => {
      let done = 0;
      do {
        const from = process.hrtime.bigint();
        const isAllowed = await verify(node);
        verified.push({ by, from, to: process.hrtime.bigint(), isAllowed });
        done += 1;
        if (by === 'library') left -= 1;
      } while (left > 0 || (by !== 'library' && done < each));
    }),
  );
  return verified;
}

/** What a program says by its exit code; one that is none of its answers is an error. */
async function ran([command = '', ...words]: readonly string[], env = process.env): Promise<boolean> {
  const child = spawn(command, words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const [status] = await once(child, 'close');
  if (![0, 1, 3].includes(status)) throw new Error(`${command} ${words.join(' ')} ended with ${status}: ${told}`);
  return status === 0;
}
