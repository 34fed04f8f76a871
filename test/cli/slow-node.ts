import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { openState, type StateDirectory } from '../../lib/trust/state-directory.js';
import { type SmallNode, smallNode } from '../builders/small-node.js';
import { program } from '../support/blobcheck.js';
import { settled } from '../support/settled.js';
import { untilStopped } from '../support/until-stopped.js';
import { lockFile } from '../trust/held.js';

/** A node whose base takes seconds to read, and longer where that is stopped: a sound image, and a hole behind it. */
export interface SlowNode extends SmallNode {
  readonly bytes: number;
  readonly stateDirectory: StateDirectory;
  /** The file of the base's lock. */
  readonly lock: string;
}

export async function slowNode(): Promise<SlowNode> {
  const node = smallNode();
  // As much as its virtual size may take.
  const bytes = 14e9;
  chmodSync(node.blob, 0o644);
  truncateSync(node.blob, bytes);
  const index = join(node.root.directory, 'cloudimg/db/images.json');
  writeFileSync(index, readFileSync(index, 'utf8').replace(/"size":\d+/, `"size":${bytes}`));
  await settled(node.blob);
  const stateDirectory = await openState(node.state, node.root.directory);
  return { ...node, bytes, stateDirectory, lock: lockFile(stateDirectory, node.base) };
}

/** A process that verifies the node's snapshot, and reads its base or waits for it. */
export function startVerify(node: SmallNode): ChildProcess {
  const argv = [program, 'verify', '--json', ...node.options, 'app:v1'];
  return spawn(process.execPath, argv, { stdio: 'ignore' });
}

/** Comes back when a process has said that it has read some of the base, and stops it there. */
export async function stopAmid(node: SlowNode, child: ChildProcess): Promise<void> {
  while (!/"bytesDone":[1-9]/.test(noteText(node, child))) await setImmediate();
  child.kill('SIGSTOP');
  await untilStopped(child.pid);
}

/** The note that a process has left; empty where it is another's. */
function noteText({ lock }: SlowNode, { pid }: ChildProcess): string {
  try {
    const text = readFileSync(lock, 'utf8');
    return text.includes(`"pid":${pid},`) ? text : '';
  } catch {
    return '';
  }
}

export async function killed(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
