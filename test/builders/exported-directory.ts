import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../support/temporary.js';
import { type SmallNode, smallNode } from './small-node.js';

export interface Exported {
  readonly node: SmallNode;
  /** As `snapshot export --to-dir` writes it. */
  readonly directory: string;
}

/** A small node and its snapshot, which lies outside of it now. */
export function exported(): Exported {
  // The copy has its holes filled.
  const node = smallNode({ snapshot: () => ({ memory: 2 ** 20 }) });
  const directory = join(temporaryDirectory(), 'exported');
  cpSync(node.root.files('app:v1'), directory, { recursive: true });
  chmodSync(directory, 0o755);
  const { snapshots } = JSON.parse(readFileSync(join(node.root.directory, 'snapshot/db/snapshots.json'), 'utf8'));
  const [record] = Object.values(snapshots) as [Record<string, unknown>];
  const { data_dir: _, created_at: __, ...config } = record;
  writeFileSync(join(directory, 'snapshot.json'), JSON.stringify({ config, version: 1 }));
  rmSync(node.root.files('app:v1'), { recursive: true });
  return { node, directory };
}
