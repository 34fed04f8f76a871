import { DIRTY, LAZY_REFCOUNTS } from './features.js';
import type { Qcow2Header } from './header.js';

/** Entries of an L1 table that the virtual size needs. */
export function neededL1Entries(header: Qcow2Header): bigint {
  return divideUp(dataClusters(header), entriesPerCluster(header));
}

/**
 * Refcount blocks that Cloud Hypervisor expects of an image: enough for every data cluster of the virtual size, the
 * tables that map them, the header, and the blocks themselves. It reads that many entries of the refcount table,
 * however long the header says that the table is, and cannot look up a cluster beyond them.
 */
export function expectedRefcountBlocks(header: Qcow2Header): bigint {
  const perBlock = refcountsPerBlock(header);
  const forData = divideUp(mappedClusters(header), perBlock);
  return forData + divideUp(forData, perBlock);
}

/** Refcounts in one refcount block. */
export function refcountsPerBlock(header: Qcow2Header): bigint {
  return (1n << BigInt(header.clusterBits + 3)) >> BigInt(header.refcountOrder);
}

/**
 * Whether Cloud Hypervisor rebuilds the refcounts when it opens an image for writing: the dirty or the lazy-refcounts bit,
 * or refcounts of 32 or 64 bits, of whose first one it looks at the upper 16 (block/src/formats/qcow/parser.rs).
 */
export function rebuildsRefcounts(header: Qcow2Header): boolean {
  return (
    (header.incompatible & DIRTY) !== 0n || (header.compatible & LAZY_REFCOUNTS) !== 0n || header.refcountOrder > 4
  );
}

/** The clusters that Cloud Hypervisor makes room for when it rebuilds the refcounts of an image. */
export function rebuiltClusters(header: Qcow2Header): bigint {
  const perBlock = refcountsPerBlock(header);
  const mapped = mappedClusters(header);
  const blocks = divideUp(mapped, perBlock);
  const table = divideUp(blocks, entriesPerCluster(header));
  const blocksForThose = divideUp(blocks + table, perBlock);
  return mapped + blocks + table + blocksForThose + divideUp(blocksForThose, perBlock);
}

function mappedClusters(header: Qcow2Header): bigint {
  const l2 = neededL1Entries(header);
  const headerClusters = 1n;
  return dataClusters(header) + l2 + divideUp(l2, entriesPerCluster(header)) + headerClusters;
}

function dataClusters(header: Qcow2Header): bigint {
  return divideUp(header.virtualSize, 1n << BigInt(header.clusterBits));
}

function entriesPerCluster(header: Qcow2Header): bigint {
  return 1n << BigInt(header.clusterBits - 3);
}

export function divideUp(value: bigint, divisor: bigint): bigint {
  return (value + divisor - 1n) / divisor;
}
