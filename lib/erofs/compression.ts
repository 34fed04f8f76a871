import type { ReadAt } from '../file/read-at.js';
import { COMPRESSION_CONFIGS, LZ4_ZERO_PADDING, namesOf } from './features.js';
import { type ErofsFlaw, malformed, unsupported } from './flaw.js';
import { SUPERBLOCK_OFFSET } from './limits.js';
import type { SuperblockFields } from './superblock.js';

/** In the order of their bits, with the bytes that Linux wants of each one's configuration (erofs_fs.h). */
const algorithms = [
  { name: 'lz4', configBytes: 14 },
  { name: 'lzma', configBytes: 14 },
  { name: 'deflate', configBytes: 6 },
  { name: 'zstd', configBytes: 6 },
] as const;

/** What files of the image may be compressed with: a kernel without one of them does not mount it. */
export type Compression = { readonly kind: 'ok'; readonly algorithms: readonly string[] } | ErofsFlaw;

/**
 * Reads the algorithms of an image, and that the configuration of each lies in it: behind the superblock, each at a
 * multiple of 4 and after a length of 2 bytes, in which 0 stands for 65536 (super.c: erofs_read_metadata).
 * Reads 8 bytes at most. Throws only what `read` throws.
 */
export async function readCompression(
  read: ReadAt,
  fields: SuperblockFields,
  imageBytes: number,
): Promise<Compression> {
  const bits = fields.compression;
  if ((fields.featureIncompat & COMPRESSION_CONFIGS) === 0) {
    const hasLz4 = bits !== 0 || (fields.featureIncompat & LZ4_ZERO_PADDING) !== 0;
    return { kind: 'ok', algorithms: hasLz4 ? ['lz4'] : [] };
  }
  const known = 2 ** algorithms.length - 1;
  if ((bits & ~known) !== 0) return unsupported(`compression algorithms ${namesOf(bits & ~known, []).join(', ')}`);
  const names: string[] = [];
  let at = SUPERBLOCK_OFFSET + fields.superblockBytes;
  for (const [bit, { name, configBytes }] of algorithms.entries()) {
    if (((bits >>> bit) & 1) === 0) continue;
    at = Math.ceil(at / 4) * 4;
    const length = at + 2 <= imageBytes ? await read(at, 2) : Buffer.alloc(0);
    if (length.length < 2) return malformed(`the configuration of ${name} lies past the end of the image`, at);
    const bytes = length.readUInt16LE(0) || 65_536;
    if (bytes < configBytes) return malformed(`the configuration of ${name} has ${bytes} bytes`, at);
    if (at + 2 + bytes > imageBytes)
      return malformed(`the configuration of ${name} ends past the end of the image`, at);
    at += 2 + bytes;
    names.push(name);
  }
  return { kind: 'ok', algorithms: names };
}
