export const SUPERBLOCK_CHECKSUM = 0x1;

export const LZ4_ZERO_PADDING = 0x1;
export const COMPRESSION_CONFIGS = 0x2;
export const DEVICE_TABLE = 0x8;
export const FRAGMENTS = 0x20;
export const ADDRESSES_48_BIT = 0x80;
export const METABOX = 0x100;

const compatible = ['sb-chksum', 'mtime', 'xattr-filter', 'shared-ea-in-metabox', 'plain-xattr-pfx', 'ishare-xattrs'];

/** Some bits stand for two features that came with the same kernel. */
const incompatible = [
  'lz4-0padding',
  'compr-cfgs/big-pcluster',
  'chunked-file',
  'device-table/compr-head2',
  'ztailpacking',
  'fragments/dedupe',
  'xattr-prefixes',
  '48bit',
  'metabox',
];

/** All the incompatible bits of Linux 6.18 and of erofs-utils 1.9.3; a reader must refuse any other. */
export const KNOWN_INCOMPATIBLE = 2 ** incompatible.length - 1;

export interface FeatureNames {
  readonly compatible: readonly string[];
  readonly incompatible: readonly string[];
}

/** The set bits in the words of erofs_fs.h, `unknown-N` for those that it does not define. */
export function featureNames(bits: { readonly compatible: number; readonly incompatible: number }): FeatureNames {
  return {
    compatible: namesOf(bits.compatible, compatible),
    incompatible: namesOf(bits.incompatible, incompatible),
  };
}

/** The names of the set bits of a 32-bit field. */
export function namesOf(bits: number, names: readonly string[]): string[] {
  const set: string[] = [];
  for (let bit = 0; bit < 32; bit++) {
    if (((bits >>> bit) & 1) === 1) set.push(names[bit] ?? `unknown-${bit}`);
  }
  return set;
}
