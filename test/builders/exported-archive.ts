import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ArchiveFile, sparseFile } from './archive.js';
import type { BuiltRoot } from './cocoon-root.js';
import { type SmallNode, smallNode } from './small-node.js';

export interface Export<Node = SmallNode> {
  readonly node: Node;
  /** The record, then the files: as they would stand in the archive. */
  readonly first: ArchiveFile;
  readonly files: readonly ArchiveFile[];
}

/** Bytes of a file that is nothing but holes in what we build. */
const HOLES = 2 ** 26;

/** What `snapshot export` would write of a node's snapshot; the snapshot itself is not there any more. */
export function exportOf<Node extends { readonly root: BuiltRoot }>(node: Node, name: string): Export<Node> {
  const directory = node.root.files(name);
  const { snapshots } = JSON.parse(readFileSync(join(node.root.directory, 'snapshot/db/snapshots.json'), 'utf8'));
  const records = Object.values(snapshots) as Record<string, unknown>[];
  const { data_dir: _, created_at: __, ...config } = records.find((record) => record.name === name) ?? {};
  const files = readdirSync(directory).map((file): ArchiveFile => {
    const path = join(directory, file);
    const { size } = statSync(path);
    return size > HOLES ? sparseFile(file, size, []) : { name: file, content: readFileSync(path) };
  });
  rmSync(directory, { recursive: true });
  return { node, first: { name: 'snapshot.json', content: JSON.stringify({ config, version: 1 }, null, 2) }, files };
}

/** Of a small node's snapshot. */
export const smallExport = (): Export => exportOf(smallNode(), 'app:v1');

/** With another file in the place of one, or none. */
export function withFile<Node>(
  made: Export<Node>,
  name: string,
  change: (file: ArchiveFile) => ArchiveFile | null,
): Export<Node> {
  return { ...made, files: made.files.flatMap((file) => (file.name === name ? (change(file) ?? []) : [file])) };
}

export function withRecord(made: Export, fields: object): Export {
  const { config, version } = JSON.parse(String(made.first.content));
  return { ...made, first: { ...made.first, content: JSON.stringify({ config: { ...config, ...fields }, version }) } };
}

export const withText = (made: Export, name: string, change: (text: string) => string): Export =>
  withFile(made, name, (file) => ({ ...file, content: change(String(file.content)) }));
