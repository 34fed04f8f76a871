import { basename, join } from 'node:path';
import { blobIn, cloudImageBlobs, ociBlobs, ociBoot } from './layout.js';

/**
 * What a file that snapshots share is for: a cloud image; a layer of an OCI image; the kernel and initial RAM disk that one
 * of its layers holds; and that kernel unpacked, which cocoon puts beside it for Firecracker.
 */
export type BlobKind = 'base' | 'layer' | 'kernel' | 'initrd' | 'vmlinux';

/** One of them; all are called by the digest of what was downloaded. */
export interface StoreBlob {
  readonly kind: BlobKind;
  /** 64 lower-case hexadecimal digits. */
  readonly hex: string;
}

/** Files of one layer share its digest: the ending of a name says which is meant, and a base has none. */
const endings: Readonly<Record<BlobKind, string>> = {
  base: '',
  layer: '.erofs',
  kernel: '.vmlinuz',
  initrd: '.initrd.img',
  vmlinux: '.vmlinux',
};

const name = /^([0-9a-f]{64})(.*)$/;

/** The name under which a blob is remembered and asked for. */
export const blobName = ({ kind, hex }: StoreBlob): string => hex + endings[kind];

/** Null where no blob has that name. */
export function parseBlobName(text: string): StoreBlob | null {
  const [, hex, ending] = name.exec(text) ?? [];
  const kind = (Object.keys(endings) as BlobKind[]).find((each) => endings[each] === ending);
  return hex === undefined || kind === undefined ? null : { kind, hex };
}

/** cocoon's names of the files in the directory of a layer's boot files (images/oci/config.go). */
const bootFiles = { kernel: 'vmlinuz', initrd: 'initrd.img', vmlinux: 'vmlinux' } as const;

/** Where a blob is in a root. */
export function blobPath(root: string, { kind, hex }: StoreBlob): string {
  if (kind === 'base') return blobIn(cloudImageBlobs(root), hex);
  if (kind === 'layer') return join(ociBlobs(root), `${hex}.erofs`);
  return join(ociBoot(root), hex, bootFiles[kind]);
}

/** The layer or boot file of a root that a path names, by its text alone; null for any other path. */
export function ociBlobAt(root: string, path: string): StoreBlob | null {
  const directory = path.slice(0, path.lastIndexOf('/'));
  const file = basename(path);
  const blob = directory === ociBlobs(root) ? parseBlobName(file) : bootFileAt(basename(directory), file);
  return blob !== null && blob.kind !== 'base' && blobPath(root, blob) === path ? blob : null;
}

/** The name of the blob that a path leads to, wherever its root is: by the text of the path alone; null for any other. */
export function blobNameAt(path: string): string | null {
  const file = basename(path);
  const base = file.endsWith('.qcow2') ? file.slice(0, -'.qcow2'.length) : null;
  const blob =
    base === null
      ? (parseBlobName(file) ?? bootFileAt(basename(path.slice(0, -file.length)), file))
      : parseBlobName(base);
  return blob === null ? null : blobName(blob);
}

function bootFileAt(hex: string, file: string): StoreBlob | null {
  const kind = (['kernel', 'initrd', 'vmlinux'] as const).find((each) => bootFiles[each] === file);
  return kind === undefined ? null : parseBlobName(hex + endings[kind]);
}
