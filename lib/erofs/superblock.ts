import { ADDRESSES_48_BIT, DEVICE_TABLE, FRAGMENTS, METABOX } from './features.js';
import { EXTENSION_SLOT_BYTES, FULL_SUPERBLOCK_BYTES, SUPERBLOCK_BYTES, SUPERBLOCK_OFFSET } from './limits.js';

/** Bytes from the superblock's beginning to each field (struct erofs_super_block; little-endian, unlike qcow2). */
const AT = {
  checksum: 4,
  featureCompat: 8,
  blockBits: 12,
  extensionSlots: 13,
  rootNidOrBlocksHigh: 14,
  inodes: 16,
  blocksLow: 36,
  metadataBlock: 40,
  uuid: 48,
  volumeName: 64,
  featureIncompat: 80,
  compression: 84,
  extraDevices: 86,
  deviceTableSlot: 88,
  directoryBlockBits: 90,
  packedNid: 96,
  rootNid: 112,
  metaboxNid: 128,
} as const;

/** The byte of the file at which a field stands. */
export function offsetOf(field: keyof typeof AT): number {
  return SUPERBLOCK_OFFSET + AT[field];
}

/** The fields as they stand in the file, whether they make sense or not. */
export interface SuperblockFields {
  readonly checksum: number;
  readonly featureCompat: number;
  readonly featureIncompat: number;
  /** A block has 2 to the power of this many bytes. */
  readonly blockBits: number;
  /** Bytes, at most 4208. */
  readonly superblockBytes: number;
  /** Blocks of the image; below 2^48. */
  readonly blocks: number;
  readonly inodes: bigint;
  /** The block from which inode numbers count. */
  readonly metadataBlock: number;
  readonly uuid: Buffer;
  readonly volumeName: Buffer;
  /** Bits of algorithms, or of LZ4 alone the largest distance: COMPRESSION_CONFIGS tells. */
  readonly compression: number;
  /** 0 without DEVICE_TABLE: nobody looks at the field then. */
  readonly extraDevices: number;
  readonly deviceTableSlot: number;
  /** Always 0 so far: directories have the blocks of the image. */
  readonly directoryBlockBits: number;
  readonly rootNid: bigint;
  readonly rootNidField: 'rootNid' | 'rootNidOrBlocksHigh';
  /** Of the inode that holds the fragments; null without them. */
  readonly packedNid: bigint | null;
  /** Of the inode that holds compressed metadata; null without it. */
  readonly metaboxNid: bigint | null;
}

/** Decodes a superblock of at least 128 bytes; what follows them is taken for zero where it is not there. */
export function decodeSuperblock(bytes: Buffer): SuperblockFields {
  const whole = Buffer.alloc(FULL_SUPERBLOCK_BYTES);
  bytes.copy(whole);
  const featureIncompat = whole.readUInt32LE(AT.featureIncompat);
  const has = (feature: number) => (featureIncompat & feature) !== 0;
  const packedNid = whole.readBigUInt64LE(AT.packedNid);
  return {
    checksum: whole.readUInt32LE(AT.checksum),
    featureCompat: whole.readUInt32LE(AT.featureCompat),
    featureIncompat,
    blockBits: whole.readUInt8(AT.blockBits),
    superblockBytes: SUPERBLOCK_BYTES + whole.readUInt8(AT.extensionSlots) * EXTENSION_SLOT_BYTES,
    ...decodeWide(whole, has(ADDRESSES_48_BIT)),
    inodes: whole.readBigUInt64LE(AT.inodes),
    metadataBlock: whole.readUInt32LE(AT.metadataBlock),
    uuid: whole.subarray(AT.uuid, AT.uuid + 16),
    volumeName: whole.subarray(AT.volumeName, AT.volumeName + 16),
    compression: whole.readUInt16LE(AT.compression),
    extraDevices: has(DEVICE_TABLE) ? whole.readUInt16LE(AT.extraDevices) : 0,
    deviceTableSlot: whole.readUInt16LE(AT.deviceTableSlot),
    directoryBlockBits: whole.readUInt8(AT.directoryBlockBits),
    packedNid: has(FRAGMENTS) && packedNid !== 0n ? packedNid : null,
    metaboxNid: has(METABOX) ? whole.readBigUInt64LE(AT.metaboxNid) : null,
  };
}

/** With 48-bit addresses and a root number of 8 bytes, the field of the old root number holds the high bits of `blocks`. */
function decodeWide(
  whole: Buffer,
  wideAddresses: boolean,
): Pick<SuperblockFields, 'blocks' | 'rootNid' | 'rootNidField'> {
  const low = whole.readUInt32LE(AT.blocksLow);
  const short = whole.readUInt16LE(AT.rootNidOrBlocksHigh);
  const rootNid = whole.readBigUInt64LE(AT.rootNid);
  if (!wideAddresses || rootNid === 0n) {
    return { blocks: low, rootNid: BigInt(short), rootNidField: 'rootNidOrBlocksHigh' };
  }
  return { blocks: short * 2 ** 32 + low, rootNid, rootNidField: 'rootNid' };
}
