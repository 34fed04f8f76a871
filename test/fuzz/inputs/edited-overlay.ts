import { buildQcow2 } from '../../builders/qcow2.js';
import { DISK_BYTES } from './cloud-nodes.js';
import type { OverlaySpec } from './evidence-edits.js';
import { type FuzzNode, withWords } from './fuzz-node.js';
import { editQcow2 } from './qcow2-edits.js';
import { layoutOf } from './qcow2-seeds.js';

const clusters = [0, 7, 100].map((index) => ({ index, data: Buffer.alloc(512, 'guest') }));

/** An overlay with a few clusters of its own. */
export function editedOverlay(node: FuzzNode, { name, format, edits }: OverlaySpec): Buffer {
  const backing = name === null ? {} : { backing: { name: withWords(node, name), format } };
  const image = buildQcow2({ virtualSize: DISK_BYTES, clusterBits: 9, incompatible: 1n, clusters, ...backing });
  return editQcow2({ image, layout: layoutOf(image) }, edits);
}

/** The blob that its name leads to, whatever else is in that. */
export function blobNamed(node: FuzzNode, { name }: OverlaySpec): string | null {
  const word = /<([a-z]+)>\.qcow2/.exec(name ?? '')?.[1];
  return word === undefined ? null : (node.words[word] ?? null);
}
