/** First four bytes of every qcow2 file: "QFI" and 0xfb. */
export const MAGIC = 0x514649fb;

/** Cluster sizes of 512 bytes to 2 MiB: the specification's lower, QEMU's and Cloud Hypervisor's upper limit. */
export const MIN_CLUSTER_BITS = 9;
export const MAX_CLUSTER_BITS = 21;

export const V2_HEADER_BYTES = 72;
export const V3_HEADER_BYTES = 104;
/** Cloud Hypervisor reads this many bytes of every header, whatever its version and length. */
export const HEADER_READ_BYTES = 112;
/** The byte of the compression type; a header that is no longer than this has none. */
export const COMPRESSION_TYPE_OFFSET = 104;

/** The specification's limit of `backing_file_size`. */
export const MAX_BACKING_NAME_BYTES = 1023;
/** QEMU keeps the name of the backing format in 16 bytes, with a terminating zero. */
export const MAX_BACKING_FORMAT_BYTES = 15;

/** Cloud Hypervisor refuses a larger virtual size (16 TiB). */
export const MAX_VIRTUAL_SIZE = 1n << 44n;
/** Cloud Hypervisor keeps no table of more entries in memory, nor rebuilds refcounts for more clusters. */
export const MAX_TABLE_ENTRIES = 35_000_000;
/** QEMU's limit of an L1 table. */
export const MAX_L1_BYTES = 32 * 2 ** 20;
/** QEMU's limit of a refcount table. */
export const MAX_REFCOUNT_TABLE_BYTES = 8 * 2 ** 20;
/** The specification's limit: 64-bit refcounts. */
export const MAX_REFCOUNT_ORDER = 6;
/** QEMU takes offsets for signed 64-bit numbers. */
export const MAX_OFFSET = 2n ** 63n - 1n;

/** QEMU's limits of the table of internal snapshots. */
export const MAX_SNAPSHOTS = 65_536;
export const MAX_SNAPSHOT_TABLE_BYTES = 64 * 2 ** 20;
export const MAX_SNAPSHOT_EXTRA_BYTES = 1024;

/** QEMU's limits of persistent bitmaps. */
export const MAX_BITMAPS = 65_535;
export const MAX_BITMAP_DIRECTORY_BYTES = 1024 * MAX_BITMAPS;

/** QEMU writes six header extensions at most; a 2 MiB cluster has room for a quarter of a million empty ones. */
export const MAX_EXTENSIONS = 256;
/** Bytes kept of an extension's string: a path, so no more than Linux takes for one. */
export const MAX_EXTENSION_TEXT_BYTES = 4096;
/** Three feature bitmaps of 64 bits. */
export const MAX_FEATURE_NAMES = 192;

/** Clusters of a file that we keep account of, two bits each: 64 MiB of memory, 16 TiB of 64 KiB clusters. */
export const MAX_HOST_CLUSTERS = 2 ** 28;
/** Bytes of L1 and L2 tables that one walk reads: seconds of work, and the tables of 16 TiB in 64 KiB clusters. */
export const MAX_TABLE_BYTES = 2 ** 31;
/** Bytes beyond the last cluster in use that are looked at for data which no table leads to. */
export const MAX_TAIL_SCAN_BYTES = 64 * 2 ** 20;
/** Host clusters with more than one compressed cluster whose references are counted: some 64 MiB of memory. */
export const MAX_SHARED_CLUSTERS = 2 ** 20;
/** Problems that are described; all are counted. */
export const MAX_DESCRIBED_PROBLEMS = 16;

/** Backing files below the first file that Cloud Hypervisor opens. */
export const MAX_CHAIN_DEPTH = 10;
