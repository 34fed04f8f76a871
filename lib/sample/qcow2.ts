/** Makes qcow2 images without qemu-img: metadata first, then the clusters of data in the order of the guest. */
import { open } from 'node:fs/promises';

export interface Qcow2Spec {
  /** Bytes. */
  readonly virtualSize: number;
  /** Default 16: clusters of 64 KiB. */
  readonly clusterBits?: number;
  readonly version?: 2 | 3;
  /** Default 4: 16-bit refcounts. */
  readonly refcountOrder?: number;
  readonly backing?: { readonly name: string | Buffer; readonly format?: string | null };
  /** Header extensions besides the backing format. */
  readonly extensions?: readonly { readonly type: number; readonly data: Buffer }[];
  readonly incompatible?: bigint;
  readonly compatible?: bigint;
  readonly autoclear?: bigint;
  readonly compressionType?: number;
  readonly cryptMethod?: number;
  /** Guest clusters that read as zeros without a host cluster (version 3). */
  readonly zeroClusters?: readonly number[];
}

export interface GuestCluster {
  /** Guest cluster number. */
  readonly index: number;
  /** At most one cluster; the rest is zeros. */
  readonly data: Buffer;
}

const COPIED = 1n << 63n;
const READS_AS_ZEROS = 1n;

/** A whole image in memory. */
export function buildQcow2(spec: Qcow2Spec & { readonly clusters?: readonly GuestCluster[] }): Buffer {
  const clusterSize = 2 ** (spec.clusterBits ?? 16);
  const clusters = [...(spec.clusters ?? [])].sort((a, b) => a.index - b.index);
  const metadata = buildMetadata(
    spec,
    clusters.map(({ index }) => index),
  );
  const data = Buffer.alloc(clusters.length * clusterSize);
  for (const [at, cluster] of clusters.entries()) cluster.data.copy(data, at * clusterSize);
  return Buffer.concat([metadata, data]);
}

export interface FilledSpec extends Qcow2Spec {
  /** Guest clusters that have data, from the first on. */
  readonly fill?: number;
  /** Of the data. */
  readonly seed?: number;
  /** The data is a hole in the file instead: zeros that take no room. */
  readonly sparse?: boolean;
}

/**
 * Writes an image whose first `fill` guest clusters hold pseudo-random bytes of `seed`. The same specification makes
 * the same bytes.
 */
export async function writeQcow2File(path: string, spec: FilledSpec): Promise<void> {
  const clusterSize = 2 ** (spec.clusterBits ?? 16);
  const indices = Array.from({ length: spec.fill ?? 0 }, (_, index) => index);
  const batch = new Uint32Array(Math.max(clusterSize, 2 ** 20) / 4);
  const bytes = Buffer.from(batch.buffer);
  let state = spec.seed ?? 1;
  const handle = await open(path, 'w');
  try {
    const metadata = buildMetadata(spec, indices);
    await handle.writeFile(metadata);
    if (spec.sparse) return await handle.truncate(metadata.length + indices.length * clusterSize);
    for (let left = indices.length * clusterSize; left > 0; left -= bytes.length) {
      state = fillPseudoRandom(batch, state);
      await handle.writeFile(bytes.subarray(0, Math.min(left, bytes.length)));
    }
  } finally {
    await handle.close();
  }
}

/**
 * Marsaglia's xorshift32: fast, the same everywhere, and what it makes does not compress. Returns the state from which
 * the next words go on; 0 is no state.
 */
export function fillPseudoRandom(words: Uint32Array, seed: number): number {
  let state = seed >>> 0 || 1;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return state >>> 0;
}

interface Layout {
  readonly clusterSize: number;
  readonly refcountTable: { readonly first: number; readonly clusters: number };
  readonly refcountBlocks: { readonly first: number; readonly clusters: number };
  readonly l1: { readonly first: number; readonly clusters: number; readonly entries: number };
  readonly l2: { readonly first: number; readonly indices: readonly number[] };
  readonly firstData: number;
  readonly total: number;
}

function buildMetadata(spec: Qcow2Spec, indices: readonly number[]): Buffer {
  const layout = plan(spec, indices);
  const { clusterSize } = layout;
  const bytes = Buffer.alloc(layout.firstData * clusterSize);
  writeHeader(bytes, spec, layout);
  writeRefcounts(bytes, spec, layout);
  const perTable = clusterSize / 8;
  const l2Of = new Map(layout.l2.indices.map((l1Index, at) => [l1Index, (layout.l2.first + at) * clusterSize]));
  for (const [l1Index, offset] of l2Of) {
    bytes.writeBigUInt64BE(BigInt(offset) | COPIED, layout.l1.first * clusterSize + l1Index * 8);
  }
  const entryOf = (index: number): number => {
    return (l2Of.get(Math.floor(index / perTable)) as number) + (index % perTable) * 8;
  };
  indices.forEach((index, at) => {
    bytes.writeBigUInt64BE(BigInt((layout.firstData + at) * clusterSize) | COPIED, entryOf(index));
  });
  for (const index of spec.zeroClusters ?? []) bytes.writeBigUInt64BE(READS_AS_ZEROS, entryOf(index));
  return bytes;
}

function plan(spec: Qcow2Spec, indices: readonly number[]): Layout {
  const clusterSize = 2 ** (spec.clusterBits ?? 16);
  const perTable = clusterSize / 8;
  const perBlock = (clusterSize * 8) / 2 ** (spec.refcountOrder ?? 4);
  const entries = Math.ceil(spec.virtualSize / clusterSize / perTable);
  const used = [...indices, ...(spec.zeroClusters ?? [])].map((index) => Math.floor(index / perTable));
  const l2Indices = [...new Set(used)].sort((a, b) => a - b);
  const l1Clusters = Math.max(1, Math.ceil(entries / perTable));
  let blocks = 1;
  for (;;) {
    const tableClusters = Math.ceil(blocks / perTable);
    const total = 1 + tableClusters + blocks + l1Clusters + l2Indices.length + indices.length;
    const needed = Math.ceil(total / perBlock);
    if (needed === blocks) {
      const firstL1 = 1 + tableClusters + blocks;
      return {
        clusterSize,
        refcountTable: { first: 1, clusters: tableClusters },
        refcountBlocks: { first: 1 + tableClusters, clusters: blocks },
        l1: { first: firstL1, clusters: l1Clusters, entries },
        l2: { first: firstL1 + l1Clusters, indices: l2Indices },
        firstData: firstL1 + l1Clusters + l2Indices.length,
        total,
      };
    }
    blocks = needed;
  }
}

function writeRefcounts(bytes: Buffer, spec: Qcow2Spec, layout: Layout): void {
  const { clusterSize, refcountBlocks } = layout;
  for (let block = 0; block < refcountBlocks.clusters; block++) {
    const offset = BigInt((refcountBlocks.first + block) * clusterSize);
    bytes.writeBigUInt64BE(offset, layout.refcountTable.first * clusterSize + block * 8);
  }
  const order = spec.refcountOrder ?? 4;
  const start = refcountBlocks.first * clusterSize;
  for (let cluster = 0; cluster < layout.total; cluster++) {
    if (order < 3) {
      const bit = cluster * 2 ** order;
      const at = start + (bit >>> 3);
      bytes.writeUInt8(bytes.readUInt8(at) | (1 << (bit & 7)), at);
    } else {
      const width = 2 ** (order - 3);
      bytes.writeUInt8(1, start + cluster * width + width - 1);
    }
  }
}

function writeHeader(bytes: Buffer, spec: Qcow2Spec, layout: Layout): void {
  const { clusterSize } = layout;
  const version = spec.version ?? 3;
  bytes.writeUInt32BE(0x514649fb, 0);
  bytes.writeUInt32BE(version, 4);
  bytes.writeUInt32BE(spec.clusterBits ?? 16, 20);
  bytes.writeBigUInt64BE(BigInt(spec.virtualSize), 24);
  bytes.writeUInt32BE(spec.cryptMethod ?? 0, 32);
  bytes.writeUInt32BE(layout.l1.entries, 36);
  bytes.writeBigUInt64BE(BigInt(layout.l1.first * clusterSize), 40);
  bytes.writeBigUInt64BE(BigInt(layout.refcountTable.first * clusterSize), 48);
  bytes.writeUInt32BE(layout.refcountTable.clusters, 56);
  if (version === 3) {
    bytes.writeBigUInt64BE(spec.incompatible ?? 0n, 72);
    bytes.writeBigUInt64BE(spec.compatible ?? 0n, 80);
    bytes.writeBigUInt64BE(spec.autoclear ?? 0n, 88);
    bytes.writeUInt32BE(spec.refcountOrder ?? 4, 96);
    bytes.writeUInt32BE(112, 100);
    bytes.writeUInt8(spec.compressionType ?? 0, 104);
  }
  const end = writeExtensions(bytes, version === 3 ? 112 : 72, spec);
  if (spec.backing === undefined) return;
  const name = Buffer.from(spec.backing.name);
  bytes.writeBigUInt64BE(BigInt(end), 8);
  bytes.writeUInt32BE(name.length, 16);
  name.copy(bytes, end);
}

function writeExtensions(bytes: Buffer, start: number, spec: Qcow2Spec): number {
  const format = spec.backing?.format === undefined ? 'qcow2' : spec.backing.format;
  const extensions = [...(spec.extensions ?? [])];
  if (spec.backing !== undefined && format !== null) {
    extensions.unshift({ type: 0xe2792aca, data: Buffer.from(format) });
  }
  let at = start;
  for (const { type, data } of extensions) {
    bytes.writeUInt32BE(type, at);
    bytes.writeUInt32BE(data.length, at + 4);
    data.copy(bytes, at + 8);
    at += 8 + Math.ceil(data.length / 8) * 8;
  }
  return at + 8;
}
