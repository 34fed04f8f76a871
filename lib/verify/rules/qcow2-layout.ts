import {
  expectedRefcountBlocks,
  neededL1Entries,
  rebuildsRefcounts,
  rebuiltClusters,
  refcountsPerBlock,
} from '../../qcow2/geometry.js';
import type { Qcow2Header } from '../../qcow2/header.js';
import {
  MAX_L1_BYTES,
  MAX_OFFSET,
  MAX_REFCOUNT_ORDER,
  MAX_REFCOUNT_TABLE_BYTES,
  MAX_SNAPSHOTS,
  MAX_TABLE_ENTRIES,
  MAX_VIRTUAL_SIZE,
} from '../../qcow2/limits.js';
import { type DiskRole, type Flaw, malformed, unsupported } from './qcow2-flaw.js';

/** Sizes and offsets: those of the specification, and those that one reader refuses although it allows them. */
export function judgeLayout(header: Qcow2Header, role: DiskRole): Flaw[] {
  const flaws = [
    ...judgeVirtualSize(header),
    ...judgeOffsets(header),
    ...judgeL1Size(header),
    ...judgeRefcountTable(header),
    ...judgeSnapshots(header, role),
  ];
  // What follows is computed from these fields.
  if (flaws.length > 0) return flaws;
  if (role === 'blob') return judgeRefcountReach(header);
  return [...judgeRefcountReach(header), ...judgeRebuild(header), ...judgeShortTable(header)];
}

function judgeVirtualSize({ virtualSize }: Qcow2Header): Flaw[] {
  if (virtualSize <= MAX_VIRTUAL_SIZE) return [];
  return [
    unsupported(`the virtual size is ${virtualSize} bytes, more than Cloud Hypervisor opens`, {
      expected: `at most ${MAX_VIRTUAL_SIZE}`,
      expectedFrom: 'Cloud Hypervisor',
      actual: String(virtualSize),
    }),
  ];
}

function judgeOffsets(header: Qcow2Header): Flaw[] {
  const fields = [
    ['l1_table_offset', header.l1TableOffset],
    ['refcount_table_offset', header.refcountTableOffset],
    // Both readers want it aligned even where there are no snapshots.
    ['snapshots_offset', header.snapshotsOffset],
  ] as const;
  const clusterSize = 1n << BigInt(header.clusterBits);
  return fields
    .filter(([, offset]) => offset % clusterSize !== 0n || offset > MAX_OFFSET)
    .map(([name, offset]) => {
      return malformed(`${name} is ${offset}`, {
        expected: `a multiple of the cluster size, ${clusterSize}, below 2^63`,
        expectedFrom: 'qcow2 specification',
        actual: String(offset),
      });
    });
}

function judgeL1Size(header: Qcow2Header): Flaw[] {
  const needed = neededL1Entries(header);
  if (header.l1Size * 8 > MAX_L1_BYTES) {
    return [
      unsupported(`the L1 table has ${header.l1Size} entries, more than QEMU reads`, {
        expected: `at most ${MAX_L1_BYTES / 8}`,
        expectedFrom: 'QEMU',
        actual: String(header.l1Size),
      }),
    ];
  }
  if (BigInt(header.l1Size) >= needed) return [];
  return [
    malformed(`the L1 table has ${header.l1Size} entries, too few for the virtual size`, {
      expected: `at least ${needed}`,
      expectedFrom: 'QEMU',
      actual: String(header.l1Size),
    }),
  ];
}

function judgeRefcountTable(header: Qcow2Header): Flaw[] {
  const { refcountOrder, refcountTableClusters: clusters } = header;
  if (refcountOrder > MAX_REFCOUNT_ORDER) {
    return [
      malformed(`refcount_order is ${refcountOrder}`, {
        expected: `at most ${MAX_REFCOUNT_ORDER}`,
        expectedFrom: 'qcow2 specification',
        actual: String(refcountOrder),
      }),
    ];
  }
  if (clusters === 0) {
    return [malformed('refcount_table_clusters is 0', { expected: '1 or more', expectedFrom: 'QEMU', actual: '0' })];
  }
  const largest = Math.floor(MAX_REFCOUNT_TABLE_BYTES / 2 ** header.clusterBits);
  if (clusters > largest) {
    return [
      unsupported(`refcount_table_clusters is ${clusters}, more than QEMU reads`, {
        expected: `at most ${largest}`,
        expectedFrom: 'QEMU',
        actual: String(clusters),
      }),
    ];
  }
  const suspicious = 2n * expectedRefcountBlocks(header);
  if (BigInt(clusters) <= suspicious) return [];
  return [
    unsupported(`refcount_table_clusters is ${clusters}, which Cloud Hypervisor finds too many for the virtual size`, {
      expected: `at most ${suspicious}`,
      expectedFrom: 'Cloud Hypervisor',
      actual: String(clusters),
    }),
  ];
}

function judgeSnapshots({ snapshotCount, version, virtualSize }: Qcow2Header, role: DiskRole): Flaw[] {
  if (snapshotCount > MAX_SNAPSHOTS) {
    return [
      unsupported(`it has ${snapshotCount} internal snapshots, more than QEMU reads`, {
        expected: `at most ${MAX_SNAPSHOTS}`,
        expectedFrom: 'QEMU',
        actual: String(snapshotCount),
      }),
    ];
  }
  if (role === 'blob') return [];
  if (version === 2 && virtualSize === 0n) {
    return [
      unsupported('QEMU does not grow an image of version 2 that has no size', {
        expected: '1 byte or more',
        expectedFrom: 'QEMU',
        actual: '0',
      }),
    ];
  }
  if (snapshotCount === 0) return [];
  return [
    unsupported(
      'it has internal snapshots, whose clusters Cloud Hypervisor takes for free when it rebuilds refcounts',
      {
        expected: 'no internal snapshots',
        expectedFrom: 'Cloud Hypervisor',
        actual: String(snapshotCount),
      },
    ),
  ];
}

/** At every open Cloud Hypervisor reads refcount table entries for the whole disk, and looks up every cluster of the file. */
function judgeRefcountReach(header: Qcow2Header): Flaw[] {
  const blocks = expectedRefcountBlocks(header);
  const tableEnd = header.refcountTableOffset + 8n * blocks;
  if (tableEnd > BigInt(header.fileSize)) {
    return [
      malformed(`the file ends inside the refcount table entries that Cloud Hypervisor reads`, {
        expected: `${tableEnd} bytes or more`,
        expectedFrom: 'Cloud Hypervisor',
        actual: `${header.fileSize} bytes`,
      }),
    ];
  }
  return judgeFileSize(header, blocks * refcountsPerBlock(header), 'counts');
}

/** A writer that must rebuild all refcounts does so within limits. */
function judgeRebuild(header: Qcow2Header): Flaw[] {
  if (!rebuildsRefcounts(header)) return [];
  const clusters = rebuiltClusters(header);
  if (clusters > BigInt(MAX_TABLE_ENTRIES)) {
    return [
      unsupported(`the refcounts of ${clusters} clusters are to be rebuilt, more than Cloud Hypervisor does`, {
        expected: `at most ${MAX_TABLE_ENTRIES}`,
        expectedFrom: 'Cloud Hypervisor',
        actual: String(clusters),
      }),
    ];
  }
  return judgeFileSize(header, clusters + 1n, 'rebuilds refcounts for');
}

/**
 * Cloud Hypervisor 53 writes back as many entries of the refcount table as the virtual size asks for, whatever the header
 * says that the table has: with small clusters that is more, and what lies behind it is overwritten or a write is lost.
 */
function judgeShortTable(header: Qcow2Header): Flaw[] {
  const needed = 8n * expectedRefcountBlocks(header);
  const there = BigInt(header.refcountTableClusters) << BigInt(header.clusterBits);
  if (needed <= there) return [];
  return [
    {
      code: 'overlay-refcounts-short',
      message: 'its refcount table is shorter than what Cloud Hypervisor 53 writes back at this virtual size',
      expected: `${needed} bytes or more`,
      expectedFrom: 'Cloud Hypervisor',
      actual: `${there} bytes`,
    },
  ];
}

function judgeFileSize(header: Qcow2Header, clusters: bigint, does: string): Flaw[] {
  const largest = clusters << BigInt(header.clusterBits);
  if (BigInt(header.fileSize) <= largest) return [];
  return [
    unsupported(`the file is larger than what Cloud Hypervisor ${does} at this virtual size`, {
      expected: `at most ${largest} bytes`,
      expectedFrom: 'Cloud Hypervisor',
      actual: `${header.fileSize} bytes`,
    }),
  ];
}
