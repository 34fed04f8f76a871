import { type BlobKind, parseBlobName } from '../../store/blob.js';

/** What findings call a blob. */
const nouns: Readonly<Record<BlobKind, string>> = {
  base: 'base',
  layer: 'layer',
  kernel: 'kernel',
  initrd: 'initial RAM disk',
  vmlinux: 'unpacked kernel',
};

export interface BlobWords {
  readonly noun: string;
  /** What its content must hash to if nothing is known of it; null where it is converted or unpacked, and never does. */
  readonly byName: string | null;
  /** Names it in a finding: the digest of a base, the name of any other. */
  readonly expected: string;
}

/** What to say of a blob, by its name. */
export function blobWords(name: string): BlobWords {
  const blob = parseBlobName(name);
  if (blob === null || blob.kind === 'base') {
    const digest = `sha256:${blob?.hex ?? name}`;
    return { noun: nouns.base, byName: digest, expected: digest };
  }
  return { noun: nouns[blob.kind], byName: null, expected: name };
}
