/** Makes small EROFS images without mkfs.erofs; Linux mounts them. */
import { crc32c } from '../../lib/erofs/crc32c.js';

export interface ErofsSpec {
  /** Bytes, a power of two from 512 on; default 4096. */
  readonly blockSize?: number;
  /** Of the image's only file, `content`, which has blocks of its own behind the first. Without it the root is empty. */
  readonly content?: Uint8Array;
  /** 32 hexadecimal digits. */
  readonly uuid?: string;
  /** At most 16 bytes. */
  readonly volumeName?: string;
  readonly featureCompat?: number;
  readonly featureIncompat?: number;
  /** Default true. */
  readonly checksum?: boolean;
  /** Changes what it likes, before the checksum is computed. */
  readonly edit?: (image: Buffer) => void;
}

const SUPERBLOCK = 1024;
/** Inode number 36 is the first slot of 32 bytes behind the superblock. */
const ROOT_NID = 36;
/** The root has one slot, its names two. */
const FILE_NID = ROOT_NID + 3;
/** Behind the inode of the file. */
const METADATA_END = (FILE_NID + 1) * 32;
const DIRECTORY = 0o040755;
const REGULAR = 0o100644;

/** A whole image in memory: the blocks of its metadata (one of 4096 bytes), then those of the file. */
export function buildErofs(spec: ErofsSpec = {}): Buffer {
  const { blockSize = 4096, content = new Uint8Array(), checksum = true } = spec;
  const metadataBlocks = Math.ceil(METADATA_END / blockSize);
  const blocks = metadataBlocks + Math.ceil(content.length / blockSize);
  const image = Buffer.alloc(blocks * blockSize);
  const hasFile = content.length > 0;
  writeSuperblock(image, { ...spec, blockSize, blocks, inodes: hasFile ? 2 : 1 });
  const names = directoryOf(hasFile ? [...DOTS, { name: 'content', nid: FILE_NID, type: 1 }] : DOTS);
  const root = ROOT_NID * 32;
  // Layout 2: what is in the directory follows its inode.
  writeInode(image, root, { layout: 2, mode: DIRECTORY, links: 2, size: names.length, block: 0, number: 1 });
  names.copy(image, root + 32);
  if (hasFile) {
    const inode = { layout: 0, mode: REGULAR, links: 1, size: content.length, block: metadataBlocks, number: 2 };
    writeInode(image, FILE_NID * 32, inode);
    image.set(content, metadataBlocks * blockSize);
  }
  spec.edit?.(image);
  if (checksum) sealErofs(image);
  return image;
}

/** Writes the checksum that is right for the block size in the superblock. */
export function sealErofs(image: Buffer): void {
  const blockSize = 2 ** image.readUInt8(SUPERBLOCK + 12);
  image.writeUInt32LE((image.readUInt32LE(SUPERBLOCK + 8) | 1) >>> 0, SUPERBLOCK + 8);
  image.writeUInt32LE(0, SUPERBLOCK + 4);
  const bytes = blockSize > SUPERBLOCK ? blockSize - SUPERBLOCK : blockSize;
  image.writeUInt32LE(~crc32c(image.subarray(SUPERBLOCK, SUPERBLOCK + bytes)) >>> 0, SUPERBLOCK + 4);
}

function writeSuperblock(
  image: Buffer,
  spec: ErofsSpec & { readonly blockSize: number; readonly blocks: number; readonly inodes: number },
): void {
  const superblock = image.subarray(SUPERBLOCK);
  superblock.writeUInt32LE(0xe0f5e1e2, 0);
  superblock.writeUInt32LE(spec.featureCompat ?? 0, 8);
  superblock.writeUInt8(Math.log2(spec.blockSize), 12);
  superblock.writeUInt16LE(ROOT_NID, 14);
  superblock.writeBigUInt64LE(BigInt(spec.inodes), 16);
  superblock.writeUInt32LE(spec.blocks, 36);
  Buffer.from(spec.uuid ?? '00112233445566778899aabbccddeeff', 'hex').copy(superblock, 48, 0, 16);
  Buffer.from(spec.volumeName ?? '').copy(superblock, 64, 0, 16);
  superblock.writeUInt32LE(spec.featureIncompat ?? 0, 80);
}

interface InodeSpec {
  readonly layout: number;
  readonly mode: number;
  readonly links: number;
  readonly size: number;
  /** Where its data begins. */
  readonly block: number;
  readonly number: number;
}

/** A compact inode. */
function writeInode(image: Buffer, at: number, inode: InodeSpec): void {
  image.writeUInt16LE(inode.layout << 1, at);
  image.writeUInt16LE(inode.mode, at + 4);
  image.writeUInt16LE(inode.links, at + 6);
  image.writeUInt32LE(inode.size, at + 8);
  image.writeUInt32LE(inode.block, at + 16);
  image.writeUInt32LE(inode.number, at + 20);
}

interface Entry {
  readonly name: string;
  readonly nid: number;
  /** 1 a regular file, 2 a directory. */
  readonly type: number;
}

const DOTS: readonly Entry[] = [
  { name: '.', nid: ROOT_NID, type: 2 },
  { name: '..', nid: ROOT_NID, type: 2 },
];

/** Entries of 12 bytes in the order of their names, then the names. */
function directoryOf(entries: readonly Entry[]): Buffer {
  const table = Buffer.alloc(entries.length * 12);
  let nameAt = table.length;
  for (const [index, { name, nid, type }] of entries.entries()) {
    table.writeBigUInt64LE(BigInt(nid), index * 12);
    table.writeUInt16LE(nameAt, index * 12 + 8);
    table.writeUInt8(type, index * 12 + 10);
    nameAt += name.length;
  }
  return Buffer.concat([table, Buffer.from(entries.map(({ name }) => name).join(''))]);
}
