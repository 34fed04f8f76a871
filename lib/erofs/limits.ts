/** Bytes before the superblock, left to boot sectors (fs/erofs/erofs_fs.h: EROFS_SUPER_OFFSET). */
export const SUPERBLOCK_OFFSET = 1024;

export const MAGIC = 0xe0f5e1e2;

/** Bytes of the superblock that every version has; `sb_extslots` of 16 bytes may follow. */
export const SUPERBLOCK_BYTES = 128;
export const EXTENSION_SLOT_BYTES = 16;

/** Bytes of the superblock with all that Linux 6.17 knows (METABOX). */
export const FULL_SUPERBLOCK_BYTES = 144;

/** Blocks of 512 bytes to 64 KiB: Linux takes none that is larger than its page, and 64 KiB is arm64's largest. */
export const MIN_BLOCK_BITS = 9;
export const MAX_BLOCK_BITS = 16;

/** The superblock lies within the first page (super.c); 4 KiB is the smallest page that any guest has. */
export const SMALLEST_PAGE_BYTES = 4096;

/** An inode's number times this is its offset: an inode is as large (compact), or twice (extended). */
export const INODE_SLOT_BYTES = 32;

/** Bytes of an entry of the device table. */
export const DEVICE_SLOT_BYTES = 128;

/** Bit 63 of an inode's number: the inode lies in the compressed metadata (METABOX). */
export const IN_METABOX = 1n << 63n;
