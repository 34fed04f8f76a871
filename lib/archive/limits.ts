/** Both formats are made of blocks of so many bytes (POSIX pax, "ustar Interchange Format"). */
export const BLOCK_BYTES = 512;

/** Go's reader takes no longer set of PAX records (maxSpecialFileSize in archive/tar/format.go), and so cocoon none. */
export const PAX_LIMIT = 2 ** 20;

/** Linux has no longer file names. */
export const NAME_LIMIT = 255;

/** The one entry that stands first, and is none of the snapshot's files (snapshot/localfile/export.go of cocoon 0.3.8). */
export const RECORD_NAME = 'snapshot.json';

/** Zeros after the end mark: GNU tar fills its last record, 10 KiB unless it is told otherwise. */
export const TRAILING_LIMIT = 2 ** 20;

/** Bytes of a file name in a gzip header. Go takes 511, zlib any number. */
export const GZIP_NAME_LIMIT = 255;

/** What a piece of a kept file costs in memory besides its bytes: an object with four numbers. */
export const PIECE_BYTES = 100;

/** What an archive may make us do. An honest one is far from each of them. */
export interface ArchiveLimits {
  /** Entries. A snapshot has some ten files, and one more for each data disk. */
  readonly entries: number;
  /** Bytes of all files together as they would be unpacked, holes included. */
  readonly unpackedBytes: number;
  /** Bytes of content that are kept in memory. */
  readonly keptBytes: number;
  /** Bytes that a compressed byte may become, once `ratioFloor` bytes have come out. */
  readonly ratio: number;
  /** Bytes. */
  readonly ratioFloor: number;
}

/**
 * The defaults. `unpackedBytes`: Cloud Hypervisor opens no larger qcow2 disk than 16 TiB, and ext4 holds no larger file.
 *
 * `keptBytes`: a `state.json` of 256 CPUs (10 MB), an overlay of 8 MiB and the beginnings of the other disks, and with
 * what reading takes less than 40 MB.
 *
 * `ratio`: nothing but zeros becomes 1 : 1,030 in deflate, and 1 : 824 at the level that cocoon writes with (Go 1.26,
 * BestSpeed), but zeros are holes in cocoon's archives. Its five real ones are 4 to 47 times smaller than their tar. The floor
 * is for what a guest did write as zeros: the inode tables and the journal of a fresh ext4. 1 GiB takes a second.
 */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  entries: 256,
  unpackedBytes: 2 ** 46,
  keptBytes: 28 * 2 ** 20,
  ratio: 256,
  ratioFloor: 2 ** 30,
};
