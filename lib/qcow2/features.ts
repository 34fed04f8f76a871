export const DIRTY = 1n << 0n;
export const CORRUPT = 1n << 1n;
export const EXTERNAL_DATA_FILE = 1n << 2n;
export const COMPRESSION_TYPE = 1n << 3n;
export const EXTENDED_L2 = 1n << 4n;
export const LAZY_REFCOUNTS = 1n << 0n;
export const BITMAPS = 1n << 0n;
export const RAW_EXTERNAL_DATA = 1n << 1n;

const incompatible = ['dirty', 'corrupt', 'external-data-file', 'compression-type', 'extended-l2'];
const compatible = ['lazy-refcounts'];
const autoclear = ['bitmaps', 'raw-external-data'];

/** All the incompatible bits that the specification defines; a reader must refuse any other. */
export const KNOWN_INCOMPATIBLE = (1n << BigInt(incompatible.length)) - 1n;

export interface FeatureNames {
  readonly incompatible: readonly string[];
  readonly compatible: readonly string[];
  readonly autoclear: readonly string[];
}

/** The set bits by name, `unknown-N` for those that the specification does not define. */
export function featureNames(bits: {
  readonly incompatible: bigint;
  readonly compatible: bigint;
  readonly autoclear: bigint;
}): FeatureNames {
  return {
    incompatible: namesOf(bits.incompatible, incompatible),
    compatible: namesOf(bits.compatible, compatible),
    autoclear: namesOf(bits.autoclear, autoclear),
  };
}

function namesOf(bits: bigint, names: readonly string[]): string[] {
  const set: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if (((bits >> BigInt(bit)) & 1n) === 1n) set.push(names[bit] ?? `unknown-${bit}`);
  }
  return set;
}
