import type { ReadAt } from '../file/read-at.js';
import { EXTENSION_BITMAPS, EXTENSION_DATA_FILE } from './extensions.js';
import {
  CORRUPT,
  DIRTY,
  EXTENDED_L2,
  type FeatureNames,
  featureNames,
  LAZY_REFCOUNTS,
  RAW_EXTERNAL_DATA,
} from './features.js';
import { backingFormat, type Qcow2Header } from './header.js';
import { MAX_SNAPSHOTS } from './limits.js';
import { readSnapshotTable } from './snapshot-table.js';

/** A 64-bit number of the file: a JSON number where that is exact, else its decimal digits. */
export type Uint64 = number | string;

export interface InspectedHeader {
  readonly version: number;
  /** The version in QEMU's words: `0.10` or `1.1`; null for any other. */
  readonly compat: '0.10' | '1.1' | null;
  readonly virtualSize: Uint64;
  /** Null where cluster_bits makes no sense. */
  readonly clusterSize: number | null;
  readonly clusterBits: number;
  readonly features: FeatureNames;
  readonly dirty: boolean;
  readonly corrupt: boolean;
  readonly lazyRefcounts: boolean;
  readonly extendedL2: boolean;
  readonly refcountBits: Uint64;
  readonly compressionType: string;
  /** `aes`, `luks`, `unknown-N`, or null. */
  readonly encryption: string | null;
  readonly backing: {
    readonly name: string | null;
    /** The bytes of the name, which need not be UTF-8. */
    readonly nameHex: string | null;
    readonly offset: Uint64;
    readonly size: number;
    readonly format: string | null;
  } | null;
  readonly dataFile: string | null;
  readonly dataFileRaw: boolean;
  readonly bitmaps: number | null;
  readonly snapshots: {
    readonly count: number;
    readonly list: readonly { readonly id: string; readonly name: string }[];
    readonly problem: string | null;
  };
  readonly l1: { readonly entries: number; readonly offset: Uint64 };
  readonly refcountTable: { readonly clusters: number; readonly offset: Uint64 };
  readonly headerLength: number;
  readonly extensions: readonly {
    readonly type: string;
    readonly name: string;
    readonly offset: number;
    readonly length: number;
    readonly text: string | null;
  }[];
  readonly extensionsProblem: string | null;
}

export async function inspectHeader(read: ReadAt, header: Qcow2Header): Promise<InspectedHeader> {
  const { clusterBits, cryptMethod, compressionType, extensions, refcountOrder } = header;
  const dataFile = extensions.find(({ type }) => type === EXTENSION_DATA_FILE);
  const bitmaps = extensions.find(({ type }) => type === EXTENSION_BITMAPS);
  const hasTable = header.snapshotCount > 0 && header.snapshotCount <= MAX_SNAPSHOTS;
  const snapshots = hasTable ? await readSnapshotTable(read, header) : { snapshots: [], problem: null };
  return {
    version: header.version,
    compat: header.version === 2 ? '0.10' : header.version === 3 ? '1.1' : null,
    virtualSize: exact(header.virtualSize),
    clusterSize: clusterBits < 32 ? 2 ** clusterBits : null,
    clusterBits,
    features: featureNames(header),
    dirty: (header.incompatible & DIRTY) !== 0n,
    corrupt: (header.incompatible & CORRUPT) !== 0n,
    lazyRefcounts: (header.compatible & LAZY_REFCOUNTS) !== 0n,
    extendedL2: (header.incompatible & EXTENDED_L2) !== 0n,
    refcountBits: refcountOrder < 64 ? exact(1n << BigInt(refcountOrder)) : `2^${refcountOrder}`,
    compressionType: ['zlib', 'zstd'][compressionType ?? 0] ?? `unknown-${compressionType}`,
    encryption: cryptMethod === 0 ? null : (['', 'aes', 'luks'][cryptMethod] ?? `unknown-${cryptMethod}`),
    backing: inspectBacking(header),
    dataFile: dataFile?.text ?? null,
    dataFileRaw: (header.autoclear & RAW_EXTERNAL_DATA) !== 0n,
    bitmaps: bitmaps?.bitmaps?.count ?? null,
    snapshots: {
      count: header.snapshotCount,
      list: snapshots.snapshots.map(({ id, name }) => ({ id, name })),
      problem: snapshots.problem,
    },
    l1: { entries: header.l1Size, offset: exact(header.l1TableOffset) },
    refcountTable: { clusters: header.refcountTableClusters, offset: exact(header.refcountTableOffset) },
    headerLength: header.headerLength,
    extensions: extensions.map(({ type, name, offset, length, text }) => {
      return { type: type.toString(16).padStart(8, '0'), name, offset, length, text };
    }),
    extensionsProblem: header.extensionsProblem,
  };
}

function inspectBacking(header: Qcow2Header): InspectedHeader['backing'] {
  if (header.backing === null) return null;
  const { name, offset, size } = header.backing;
  return {
    name: name?.toString('utf8') ?? null,
    nameHex: name?.toString('hex') ?? null,
    offset: exact(offset),
    size,
    format: backingFormat(header),
  };
}

function exact(value: bigint): Uint64 {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}
