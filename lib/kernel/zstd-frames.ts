/** RFC 8878, 3.1.1 and 3.1.2. */
const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

/** Bytes of the dictionary's id and of the content's size, by their flags (3.1.1.1.1). */
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const SIZE_BYTES = [0, 2, 4, 8] as const;

const RLE_BLOCK = 1;
const COMPRESSED_BLOCK = 2;
const RESERVED_BLOCK = 3;
/** The largest that a block becomes (3.1.1.2.4). */
const MAX_BLOCK_BYTES = 128 * 1024;

export interface ZstdFrame {
  readonly bytes: Buffer;
  /** Bytes that its content has at most. */
  readonly mostContent: number;
}

/** The whole frames that a buffer begins with, but for those that hold nothing for a reader; whatever follows them. */
export function* zstdFrames(bytes: Buffer): Generator<ZstdFrame> {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const magic = bytes.readUInt32LE(at);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + bytes.readUInt32LE(at + 4);
      continue;
    }
    const frame = magic === MAGIC ? frameAt(bytes, at) : null;
    if (frame === null) return;
    yield frame;
    at += frame.bytes.length;
  }
}

/** Null where it is not whole, or a block is of no type. */
function frameAt(bytes: Buffer, from: number): ZstdFrame | null {
  const descriptor = bytes[from + 4] ?? 0;
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >>> 6;
  const sizeBytes = sizeFlag === 0 && isSingle ? 1 : (SIZE_BYTES[sizeFlag] ?? 0);
  const headerBytes = 5 + (isSingle ? 0 : 1) + (DICTIONARY_BYTES[descriptor & 3] ?? 0) + sizeBytes;
  let mostContent = 0;
  for (let at = from + headerBytes; at + 3 <= bytes.length; ) {
    const header = bytes.readUIntLE(at, 3);
    const type = (header >>> 1) & 3;
    if (type === RESERVED_BLOCK) return null;
    const size = header >>> 3;
    at += 3 + (type === RLE_BLOCK ? 1 : size);
    mostContent += type === COMPRESSED_BLOCK ? MAX_BLOCK_BYTES : size;
    if ((header & 1) === 0) continue;
    const end = at + ((descriptor & 4) === 0 ? 0 : 4);
    return end <= bytes.length ? { bytes: bytes.subarray(from, end), mostContent } : null;
  }
  return null;
}
