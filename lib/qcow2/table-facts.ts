export type TableProblemKind =
  /** A table, block or cluster does not begin at a multiple of the cluster size. */
  | 'unaligned'
  /** It ends past the end of the file. */
  | 'outside-file'
  /** It is said to be in cluster 0, which holds the header. */
  | 'on-header'
  /** It lies on a table, or a table lies on something. */
  | 'overlaps-metadata'
  /** Two entries lead to one cluster of data. */
  | 'used-twice'
  /** An entry without an offset that is more than "unallocated" or "reads as zeros". */
  | 'flags-without-offset'
  /** Bits that must be 0. */
  | 'reserved-bits'
  /** A cluster of metadata counts as free. */
  | 'refcount-zero'
  /** More compressed clusters lie in a cluster than its refcount says. */
  | 'refcount-low'
  /** The table of internal snapshots cannot be read. */
  | 'snapshot-table';

export interface TableProblem {
  readonly kind: TableProblemKind;
  /** One sentence with indices and byte offsets. */
  readonly message: string;
  /** Byte offset in the file of what is wrong: of the entry, or of the cluster that it leads to. */
  readonly offset: number;
}

export interface TableFacts {
  /** The first 16. */
  readonly problems: readonly TableProblem[];
  /** All of them. */
  readonly problemCount: number;
  /** Why the tables were not walked: this version, size or feature is not ours to walk. Null where they were. */
  readonly notWalked: string | null;
  /** Which of our limits the tables exceed; the walk ended there. Null where none. */
  readonly tooLarge: string | null;
  /** The dirty bit: whoever opens the file for writing rebuilds the refcounts first, QEMU and Cloud Hypervisor alike. */
  readonly dirty: boolean;
  /** Cloud Hypervisor rebuilds the refcounts when it opens the file for writing. */
  readonly rebuildsRefcounts: boolean;
  /** Clusters of data, compressed or not, whose refcount is 0. */
  readonly freeDataClusters: number;
  /** Byte where the first of them is. */
  readonly firstFreeData: number | null;
  readonly l2Tables: number;
  /** Guest clusters with data of their own. */
  readonly dataClusters: number;
  /** Guest clusters that read as zeros. */
  readonly zeroClusters: number;
  readonly compressedClusters: number;
  /** Byte after the last cluster that a table leads to or a refcount counts, at most the size of the file. */
  readonly lastUsedByte: number;
  /** Non-zero bytes of the file from there on. */
  readonly unreferencedBytes: number;
  /** False where only the first 64 MiB of them were looked at. */
  readonly tailScanned: boolean;
}
