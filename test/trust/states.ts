import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NewSeal } from '../../lib/trust/seal-record.js';
import { openState, type StateDirectory } from '../../lib/trust/state-directory.js';
import { temporaryDirectory } from '../support/temporary.js';

export const BLOB = 'ab'.repeat(32);
export const OTHER_BLOB = 'cd'.repeat(32);

/** A store's root and a state directory that does not exist yet, side by side. */
export interface Place {
  readonly root: string;
  readonly directory: string;
  readonly state: StateDirectory;
}

export async function place(): Promise<Place> {
  const parent = temporaryDirectory();
  const [root, directory] = [join(parent, 'root'), join(parent, 'state')];
  mkdirSync(root);
  return { root, directory, state: await openState(directory, root) };
}

/** Where a store's file of one section lies. */
export function fileOf(at: Place, section: 'seals' | 'receipts', blob = BLOB): string {
  return join(at.directory, section, at.state.key, `${blob}.json`);
}

export function decision(fields: Partial<NewSeal> = {}): NewSeal {
  return {
    blob: BLOB,
    digest: `sha256:${BLOB}`,
    size: 12,
    basis: 'name',
    since: '2026-11-24T12:00:00.000Z',
    by: { name: 'root@node1', uid: 0 },
    tool: '0.1.0',
    ...fields,
  };
}

/** A file with random bytes, as a blob of the store. */
export function blobFile(at: Place, bytes = 10_000): string {
  const path = join(at.root, `${BLOB}.qcow2`);
  writeFileSync(path, randomBytes(bytes));
  return path;
}
