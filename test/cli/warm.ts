import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type SmallNode, type SmallNodeSpec, smallNode } from '../builders/small-node.js';
import { startedBy } from '../support/started.js';
import { hookEnvironment, hookScript, preClone } from './hooked.js';

/** What the script starts when a stamp answers. */
export const WARM = ['sh', 'stat'];

/** A node whose snapshot `app:v1` was asked about before, so that a stamp answers. */
export function warmNode(spec: SmallNodeSpec = {}): SmallNode {
  const node = smallNode(spec);
  const asked = ask(node);
  if (asked.status !== 0) throw new Error(`not allowed: ${asked.stderr}`);
  if (!existsSync(stampOf(node))) throw new Error('there is no stamp');
  return node;
}

export const rootOf = ({ root }: SmallNode): string => root.location.root;
export const stampOf = ({ state }: SmallNode, name = 'app:v1'): string => join(state, 'stamps', name);

/** The directory of `app:v1`. */
export function directoryOf(node: SmallNode): string {
  const parent = join(rootOf(node), 'snapshot/localfile');
  return join(parent, readdirSync(parent)[0] ?? '');
}

export const ask = (node: SmallNode, env: NodeJS.ProcessEnv = {}, ref = 'app:v1') =>
  hookScript(node, ['--root-dir', rootOf(node), ref], env);

/** The same, and what was started for it. */
export function traced(node: SmallNode, env: NodeJS.ProcessEnv = {}, ref = 'app:v1') {
  const settings = hookEnvironment({ BLOBCHECK_STATE_DIR: node.state, ...env });
  return startedBy(['sh', preClone, '--root-dir', rootOf(node), ref], settings);
}

/** What cocoon does to the files for a clone and its removal: link guest memory, copy the rest, write indexes anew. */
export function cloneAndRemove(node: SmallNode, number: number): void {
  const run = join(rootOf(node), 'run/cloudhypervisor', `VM${number}`);
  mkdirSync(run, { recursive: true });
  for (const name of readdirSync(directoryOf(node))) {
    const from = join(directoryOf(node), name);
    if (name.startsWith('memory-range')) linkSync(from, join(run, name));
    else copyFileSync(from, join(run, name));
  }
  const index = join(rootOf(node), 'cloudhypervisor/db/vms.json');
  if (existsSync(index)) writeFileSync(index, readFileSync(index));
  rmSync(run, { recursive: true });
}
