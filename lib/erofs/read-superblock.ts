import type { ReadAt } from '../file/read-at.js';
import { readCompression } from './compression.js';
import { crc32c } from './crc32c.js';
import { type FeatureNames, featureNames, KNOWN_INCOMPATIBLE, SUPERBLOCK_CHECKSUM } from './features.js';
import { type ErofsFlaw, malformed, unsupported } from './flaw.js';
import { whyNoRoot } from './inode.js';
import {
  DEVICE_SLOT_BYTES,
  MAGIC,
  MAX_BLOCK_BITS,
  MIN_BLOCK_BITS,
  SMALLEST_PAGE_BYTES,
  SUPERBLOCK_BYTES,
  SUPERBLOCK_OFFSET,
} from './limits.js';
import { decodeSuperblock, offsetOf, type SuperblockFields } from './superblock.js';

/** What stands at the beginning of a file. */
export type ErofsRead =
  | { readonly kind: 'ok'; readonly superblock: ErofsSuperblock }
  /** The magic is not there. */
  | { readonly kind: 'not-erofs' }
  | ErofsFlaw;

export interface ErofsSuperblock {
  /** Bytes. A kernel mounts it if its page is no smaller: 4096 bytes on x86-64. */
  readonly blockSize: number;
  readonly blocks: number;
  /** Bytes of all blocks, no more than the file has. The files of mkfs.erofs have just these. */
  readonly imageBytes: number;
  /** In lower case, with its dashes. */
  readonly uuid: string;
  /** As UTF-8, up to the first zero byte, as the image's maker chose it. */
  readonly volumeName: string;
  readonly featureCompat: number;
  readonly featureIncompat: number;
  readonly features: FeatureNames;
  /** Whether a checksum covers the first block; it is right then. Nothing covers the rest of an image. */
  readonly hasChecksum: boolean;
  /** Bytes of the superblock itself. */
  readonly superblockBytes: number;
  readonly rootNid: bigint;
  /** As the superblock counts them. */
  readonly inodes: bigint;
  /** Other files or devices that hold data of this image; 0 where it is whole. */
  readonly extraDevices: number;
  /** `lz4`, `lzma`, `deflate`, `zstd`: with these files may be compressed. */
  readonly compressionAlgorithms: readonly string[];
}

/** The checksummed bytes of an image of 4 KiB blocks, as mkfs.erofs makes them, in one read. */
const FIRST_READ_BYTES = SMALLEST_PAGE_BYTES - SUPERBLOCK_OFFSET;

/**
 * Reads the superblock of an EROFS image and checks what a mount checks (Linux 6.18, fs/erofs/super.c), and that the file
 * has all the image's blocks, which no kernel looks at before it needs them. What is damaged is `malformed` even if it
 * now claims features that nobody knows. Reads at most the first 64 KiB, and 40 bytes elsewhere. Throws only what `read`
 * throws.
 */
export async function readSuperblock(read: ReadAt, fileSize: number): Promise<ErofsRead> {
  const first = await read(SUPERBLOCK_OFFSET, FIRST_READ_BYTES);
  if (first.length < 4 || first.readUInt32LE(0) !== MAGIC) return { kind: 'not-erofs' };
  if (first.length < SUPERBLOCK_BYTES)
    return malformed('the file ends within the superblock', SUPERBLOCK_OFFSET + first.length);
  const fields = decodeSuperblock(first);
  const flaw =
    whyNotBlockSize(fields) ??
    (await whyNotChecksum(read, first, fields)) ??
    whyNotSupported(fields) ??
    whyNotSize(fields, fileSize);
  if (flaw !== null) return flaw;
  const imageBytes = fields.blocks * 2 ** fields.blockBits;
  const compression = await readCompression(read, fields, imageBytes);
  if (compression.kind !== 'ok') return compression;
  const noRoot = await whyNoRoot(read, fields, imageBytes);
  return noRoot ?? { kind: 'ok', superblock: describe(fields, imageBytes, compression.algorithms) };
}

function whyNotBlockSize({ blockBits }: SuperblockFields): ErofsFlaw | null {
  if (blockBits >= MIN_BLOCK_BITS && blockBits <= MAX_BLOCK_BITS) return null;
  return malformed(`a block size of 2^${blockBits} bytes`, offsetOf('blockBits'));
}

/**
 * The checksum covers the first block from the superblock on; of blocks no larger than 1024 bytes, before which the
 * superblock does not lie, one block from there. Its own field counts as zero.
 */
async function whyNotChecksum(read: ReadAt, first: Buffer, fields: SuperblockFields): Promise<ErofsFlaw | null> {
  if ((fields.featureCompat & SUPERBLOCK_CHECKSUM) === 0) {
    // No mkfs.erofs leaves one there: the bit was lost, and with it the word of the checksum on all others.
    if (fields.checksum === 0) return null;
    return malformed('there is a checksum, but its feature bit is not set', offsetOf('featureCompat'));
  }
  const blockSize = 2 ** fields.blockBits;
  const bytes = blockSize > SUPERBLOCK_OFFSET ? blockSize - SUPERBLOCK_OFFSET : blockSize;
  const rest =
    bytes > first.length ? await read(SUPERBLOCK_OFFSET + first.length, bytes - first.length) : Buffer.alloc(0);
  if (first.length + rest.length < bytes) {
    return malformed('the file ends within the first block', SUPERBLOCK_OFFSET + first.length + rest.length);
  }
  const field = offsetOf('checksum') - SUPERBLOCK_OFFSET;
  const behind = first.subarray(field + 4, bytes);
  const computed = ~crc32c(first.subarray(0, field), Buffer.alloc(4), behind, rest) >>> 0;
  if (computed === fields.checksum) return null;
  return malformed(
    `the checksum is ${hex(fields.checksum)}, of what stands there ${hex(computed)}`,
    offsetOf('checksum'),
  );
}

function whyNotSupported({ featureIncompat, directoryBlockBits }: SuperblockFields): ErofsFlaw | null {
  const unknown = (featureIncompat & ~KNOWN_INCOMPATIBLE) >>> 0;
  if (unknown !== 0) {
    const { incompatible } = featureNames({ compatible: 0, incompatible: unknown });
    return unsupported(`incompatible features ${incompatible.join(', ')}`);
  }
  return directoryBlockBits === 0 ? null : unsupported(`directory blocks of another size (${directoryBlockBits})`);
}

function whyNotSize(fields: SuperblockFields, fileSize: number): ErofsFlaw | null {
  const { blockBits, blocks, superblockBytes, metaboxNid, extraDevices, deviceTableSlot } = fields;
  const blockSize = 2 ** blockBits;
  const end = SUPERBLOCK_OFFSET + superblockBytes;
  if (end > Math.max(blockSize, SMALLEST_PAGE_BYTES)) {
    return malformed(`a superblock of ${superblockBytes} bytes`, offsetOf('extensionSlots'));
  }
  if (metaboxNid !== null && superblockBytes <= SUPERBLOCK_BYTES) {
    return malformed('the superblock ends before the inode of the compressed metadata', offsetOf('extensionSlots'));
  }
  const imageBytes = BigInt(blocks) * BigInt(blockSize);
  const count = `${blocks} blocks of ${blockSize} bytes`;
  if (imageBytes > BigInt(fileSize)) return malformed(`the image has ${count}, the file ${fileSize} bytes`, fileSize);
  if (imageBytes < BigInt(end)) return malformed(`${count} have no room for the superblock`, offsetOf('blocksLow'));
  const deviceTableEnd = (deviceTableSlot + extraDevices) * DEVICE_SLOT_BYTES;
  if (extraDevices === 0 || BigInt(deviceTableEnd) <= imageBytes) return null;
  return malformed(`the table of ${extraDevices} devices ends past the end of the image`, offsetOf('deviceTableSlot'));
}

function describe(fields: SuperblockFields, imageBytes: number, algorithms: readonly string[]): ErofsSuperblock {
  const { featureCompat, featureIncompat } = fields;
  const nameEnd = fields.volumeName.indexOf(0);
  return {
    blockSize: 2 ** fields.blockBits,
    blocks: fields.blocks,
    imageBytes,
    uuid: fields.uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    volumeName: fields.volumeName.toString('utf8', 0, nameEnd === -1 ? fields.volumeName.length : nameEnd),
    featureCompat,
    featureIncompat,
    features: featureNames({ compatible: featureCompat, incompatible: featureIncompat }),
    hasChecksum: (featureCompat & SUPERBLOCK_CHECKSUM) !== 0,
    superblockBytes: fields.superblockBytes,
    rootNid: fields.rootNid,
    inodes: fields.inodes,
    extraDevices: fields.extraDevices,
    compressionAlgorithms: algorithms,
  };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
