import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SealReport, StatusReport } from '../../lib/report/documents.js';
import type { SmallNode } from '../builders/small-node.js';
import { blobcheck } from '../support/blobcheck.js';

/** The name of a base that was converted: nothing hashes to it. */
export const foreign = 'cd'.repeat(32);

export function seal(node: SmallNode, ...args: string[]): { status: number | null; report: SealReport } {
  const run = blobcheck(['seal', '--json', ...node.options, ...args]);
  return { status: run.status, report: JSON.parse(run.stdout) };
}

export function status(node: SmallNode): StatusReport {
  return JSON.parse(blobcheck(['status', '--json', ...node.options]).stdout);
}

/** The text of every seal that is there. */
export function sealFiles(node: SmallNode): string[] {
  const [folder = ''] = readdirSync(join(node.state, 'seals'));
  return readdirSync(join(node.state, 'seals', folder)).map((name) =>
    readFileSync(join(node.state, 'seals', folder, name), 'utf8'),
  );
}

/** Puts another file in the place of a blob, as a pull or a conversion elsewhere does. */
export function swap(blob: string, bytes: Uint8Array): void {
  writeFileSync(`${blob}.new`, bytes);
  renameSync(`${blob}.new`, blob);
}
