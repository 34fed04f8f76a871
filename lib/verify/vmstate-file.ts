import type { NotOpened } from '../file/open-regular.js';
import { readWhole } from '../file/read-whole.js';
import { MAX_VMSTATE_BYTES } from '../vmstate/limits.js';
import { readVmState, type VmStateRead } from '../vmstate/read-vmstate.js';

/** What stands in a snapshot's `vmstate`, or why nothing was read of it. */
export type VmStateFacts = VmStateRead | NotOpened;

/** Reads the state that a Firecracker would load. */
export function readVmStateFile(path: string): VmStateFacts {
  const read = readWhole(path, MAX_VMSTATE_BYTES);
  if (read.kind === 'ok') return readVmState(read.bytes);
  if (read.kind !== 'too-large') return read;
  return { kind: 'malformed', reason: `it has ${read.bytes} bytes, more than ${read.limit}`, offset: 0 };
}
