import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { putRow } from '../builders/edit-metadata.js';
import { type OciNode, ociNode } from '../builders/oci-node.js';
import { sealNode, verifyNode } from '../support/verify-node.js';

/** A node all of whose blobs are sealed. */
export async function sealedOci(): Promise<OciNode> {
  const node = ociNode();
  await sealNode(node);
  return node;
}

export async function judgedOci(node: OciNode, name = 'oci:v1') {
  return (await verifyNode(node, { snapshots: [name] })).snapshots[0];
}

/** Changes the record of a snapshot. */
export function editRecord({ root, snapshots }: OciNode, name: string, fields: object): void {
  const record = snapshots.get(name)?.record;
  putRow(root.directory, 'json', 'snapshots', record?.id, { ...record, ...fields });
}

/** Changes a sidecar of a snapshot. */
// biome-ignore lint/suspicious/noExplicitAny: a document of any shape
export function editSidecar({ root }: OciNode, name: string, file: string, change: (document: any) => void): void {
  const path = join(root.files(name), file);
  const document = JSON.parse(readFileSync(path, 'utf8'));
  change(document);
  writeFileSync(path, JSON.stringify(document));
}
