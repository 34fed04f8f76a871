import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { readVmState, type VmStateRead } from '../../lib/vmstate/read-vmstate.js';
import type { VmState } from '../../lib/vmstate/state.js';

export function fixture(name: string): Buffer {
  return gunzipSync(readFileSync(fileURLToPath(new URL(`../fixtures/vmstate/${name}.vmstate.gz`, import.meta.url))));
}

export function stateOf(file: Buffer): VmState {
  return ok(file).state;
}

export function ok(file: Buffer): Extract<VmStateRead, { kind: 'ok' }> {
  const read = readVmState(file);
  if (read.kind !== 'ok') throw new Error(`it is ${read.kind}: ${read.reason}`);
  return read;
}

/** Why it is malformed. */
export function problemOf(file: Buffer): string {
  const read = readVmState(file);
  if (read.kind !== 'malformed') throw new Error(`it is ${read.kind}`);
  return read.reason;
}
