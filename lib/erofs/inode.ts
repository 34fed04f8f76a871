import type { ReadAt } from '../file/read-at.js';
import { type ErofsFlaw, malformed } from './flaw.js';
import { IN_METABOX, INODE_SLOT_BYTES } from './limits.js';
import { offsetOf, type SuperblockFields } from './superblock.js';

/** Bits of an inode's format that Linux knows: extended, the layout of its data (three bits), and one of 48-bit images. */
const KNOWN_FORMAT = 0x1f;
const EXTENDED = 0x1;
/** Layouts of data: flat, compressed, inline, compressed with a compact index, chunks. */
const LAYOUTS = 5;

const FORMAT_AT = 0;
const MODE_AT = 4;
const KIND_OF_FILE = 0o170000;
const DIRECTORY = 0o040000;

/**
 * Why the inodes that a mount reads first are not there: that of the fragments and that of the compressed metadata must
 * lie in the image, and the root be a directory. A root within compressed metadata is not looked at.
 * Reads 32 bytes. Throws only what `read` throws.
 */
export async function whyNoRoot(read: ReadAt, fields: SuperblockFields, imageBytes: number): Promise<ErofsFlaw | null> {
  const { packedNid, metaboxNid, rootNid } = fields;
  if (packedNid !== null && !liesInside(fields, packedNid, imageBytes)) {
    return malformed(`the inode of the fragments, ${packedNid}, lies outside the image`, offsetOf('packedNid'));
  }
  if (metaboxNid !== null && !liesInside(fields, metaboxNid, imageBytes)) {
    return malformed(
      `the inode of the compressed metadata, ${metaboxNid}, lies outside the image`,
      offsetOf('metaboxNid'),
    );
  }
  if (metaboxNid !== null && (rootNid & IN_METABOX) !== 0n) return null;
  const outside = malformed(`the root inode, ${rootNid}, lies outside the image`, offsetOf(fields.rootNidField));
  if (!liesInside(fields, rootNid, imageBytes)) return outside;
  const offset = Number(offsetOfInode(fields, rootNid));
  const inode = await read(offset, INODE_SLOT_BYTES);
  if (inode.length < INODE_SLOT_BYTES) return outside;
  const format = inode.readUInt16LE(FORMAT_AT);
  if ((format & EXTENDED) !== 0 && offset + 2 * INODE_SLOT_BYTES > imageBytes) return outside;
  // A new format of inodes comes with a new incompatible feature.
  if ((format & ~KNOWN_FORMAT) !== 0 || ((format >>> 1) & 7) >= LAYOUTS) {
    return malformed(`the root inode has the format 0x${format.toString(16)}`, offset + FORMAT_AT);
  }
  const mode = inode.readUInt16LE(MODE_AT);
  if ((mode & KIND_OF_FILE) === DIRECTORY) return null;
  return malformed(`the root inode is no directory (mode 0${mode.toString(8)})`, offset + MODE_AT);
}

function offsetOfInode({ metadataBlock, blockBits }: SuperblockFields, nid: bigint): bigint {
  return (BigInt(metadataBlock) << BigInt(blockBits)) + nid * BigInt(INODE_SLOT_BYTES);
}

/** Bit 63 (`IN_METABOX`) is far outside of any image, so an inode that may not be in there is outside too. */
function liesInside(fields: SuperblockFields, nid: bigint, imageBytes: number): boolean {
  return offsetOfInode(fields, nid) + BigInt(INODE_SLOT_BYTES) <= BigInt(imageBytes);
}
