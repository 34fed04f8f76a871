import type { ReadAt } from '../file/read-at.js';
import { EXTENSION_BACKING_FORMAT, type HeaderExtension, parseExtensions } from './extensions.js';
import {
  COMPRESSION_TYPE_OFFSET,
  HEADER_READ_BYTES,
  MAGIC,
  MAX_BACKING_NAME_BYTES,
  MAX_CLUSTER_BITS,
  MIN_CLUSTER_BITS,
  V2_HEADER_BYTES,
} from './limits.js';

/** What stands at the beginning of a file. */
export type HeaderFacts =
  | { readonly kind: 'not-qcow2'; readonly firstBytes: Buffer }
  /** The magic is there, the 112 bytes that every reader reads are not. */
  | { readonly kind: 'truncated'; readonly bytes: number }
  | { readonly kind: 'qcow2'; readonly header: Qcow2Header };

/** The fields of a header as they stand in the file, whether they make sense or not. */
export interface Qcow2Header {
  readonly version: number;
  readonly clusterBits: number;
  /** Bytes. */
  readonly virtualSize: bigint;
  /** 0 none, 1 AES, 2 LUKS. */
  readonly cryptMethod: number;
  /** Entries. */
  readonly l1Size: number;
  readonly l1TableOffset: bigint;
  readonly refcountTableOffset: bigint;
  readonly refcountTableClusters: number;
  /** Internal snapshots. */
  readonly snapshotCount: number;
  readonly snapshotsOffset: bigint;
  /** Feature bits; version 2 has none. */
  readonly incompatible: bigint;
  readonly compatible: bigint;
  readonly autoclear: bigint;
  /** A refcount has 2 to the power of this many bits; 4 in version 2. */
  readonly refcountOrder: number;
  /** Bytes; 72 in version 2. */
  readonly headerLength: number;
  /** 0 zlib, 1 zstd; null where the header is too short for the field. */
  readonly compressionType: number | null;
  /** Null where both its fields are 0. */
  readonly backing: BackingName | null;
  /** In the order of the file, as QEMU reads them. */
  readonly extensions: readonly HeaderExtension[];
  readonly extensionsProblem: string | null;
  /** Whether an end marker stands in the extension area. */
  readonly extensionsEnded: boolean;
  /** Bytes of the whole file. */
  readonly fileSize: number;
}

export interface BackingName {
  readonly offset: bigint;
  /** Bytes. */
  readonly size: number;
  /** Null where it is too long, or not wholly inside the first cluster and the file. */
  readonly name: Buffer | null;
}

/** Reads the header and its extensions: the first cluster, 2 MiB at most. Throws only what `read` throws. */
export async function readHeader(read: ReadAt, fileSize: number): Promise<HeaderFacts> {
  const bare = await read(0, HEADER_READ_BYTES);
  if (bare.length < 4 || bare.readUInt32BE(0) !== MAGIC) {
    return { kind: 'not-qcow2', firstBytes: Buffer.from(bare.subarray(0, 16)) };
  }
  if (bare.length < HEADER_READ_BYTES) return { kind: 'truncated', bytes: bare.length };
  const fields = decodeFields(bare);
  const known = fields.clusterBits >= MIN_CLUSTER_BITS && fields.clusterBits <= MAX_CLUSTER_BITS;
  const clusterSize = known ? 2 ** fields.clusterBits : 0;
  const cluster = known ? await read(0, clusterSize) : bare;
  const offset = bare.readBigUInt64BE(8);
  const size = bare.readUInt32BE(16);
  const end = offset !== 0n && offset < BigInt(clusterSize) ? Number(offset) : clusterSize;
  const { extensions, problem, ended } = parseExtensions(cluster, fields.headerLength, end);
  const backing =
    offset === 0n && size === 0 ? null : { offset, size, name: nameIn(cluster, clusterSize, offset, size) };
  return {
    kind: 'qcow2',
    header: { ...fields, backing, extensions, extensionsProblem: problem, extensionsEnded: ended, fileSize },
  };
}

type Fields = Omit<Qcow2Header, 'backing' | 'extensions' | 'extensionsProblem' | 'extensionsEnded' | 'fileSize'>;

function decodeFields(bytes: Buffer): Fields {
  const version = bytes.readUInt32BE(4);
  // The fields from byte 72 on came with version 3; in version 2 header extensions or names may stand there.
  const extended = version !== 2;
  const headerLength = extended ? bytes.readUInt32BE(100) : V2_HEADER_BYTES;
  return {
    version,
    clusterBits: bytes.readUInt32BE(20),
    virtualSize: bytes.readBigUInt64BE(24),
    cryptMethod: bytes.readUInt32BE(32),
    l1Size: bytes.readUInt32BE(36),
    l1TableOffset: bytes.readBigUInt64BE(40),
    refcountTableOffset: bytes.readBigUInt64BE(48),
    refcountTableClusters: bytes.readUInt32BE(56),
    snapshotCount: bytes.readUInt32BE(60),
    snapshotsOffset: bytes.readBigUInt64BE(64),
    incompatible: extended ? bytes.readBigUInt64BE(72) : 0n,
    compatible: extended ? bytes.readBigUInt64BE(80) : 0n,
    autoclear: extended ? bytes.readBigUInt64BE(88) : 0n,
    refcountOrder: extended ? bytes.readUInt32BE(96) : 4,
    headerLength,
    compressionType: headerLength > COMPRESSION_TYPE_OFFSET ? bytes.readUInt8(COMPRESSION_TYPE_OFFSET) : null,
  };
}

function nameIn(cluster: Buffer, clusterSize: number, offset: bigint, size: number): Buffer | null {
  if (offset === 0n || size === 0 || size > MAX_BACKING_NAME_BYTES) return null;
  const end = offset + BigInt(size);
  if (end > BigInt(clusterSize) || end > BigInt(cluster.length)) return null;
  return Buffer.from(cluster.subarray(Number(offset), Number(end)));
}

/** The backing file's format as the header names it; of several, the last, as both readers take it. Null: none named. */
export function backingFormat(header: Qcow2Header): string | null {
  const named = header.extensions.filter((extension) => extension.type === EXTENSION_BACKING_FORMAT);
  return named.at(-1)?.text ?? null;
}
