/** Frames of zstd (RFC 8878, 3.1.1) of blocks that need no compressor: raw ones, and one byte so many times. */
export interface Frame {
  readonly blocks: readonly Block[];
  /** Of the window that a reader must have; default 17: 128 KiB, the largest block. */
  readonly windowBits?: number;
}

type Block = { readonly raw: Uint8Array } | { readonly repeated: number; readonly times: number };

export function frameBytes({ blocks, windowBits = 17 }: Frame): Buffer {
  // No content size, no dictionary, no checksum.
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowBits - 10) << 3]);
  const all: readonly Block[] = blocks.length === 0 ? [{ raw: Buffer.alloc(0) }] : blocks;
  return Buffer.concat([head, ...all.map((block, index) => blockBytes(block, index === all.length - 1))]);
}

export function frameContent({ blocks }: Frame): Buffer {
  return Buffer.concat(
    blocks.map((block) => ('raw' in block ? Buffer.from(block.raw) : Buffer.alloc(block.times, block.repeated))),
  );
}

/** Three bytes: whether it is the last, its type, its size. */
function blockBytes(block: Block, isLast: boolean): Buffer {
  const [type, size, content] =
    'raw' in block ? [0, block.raw.length, block.raw] : [1, block.times, Buffer.from([block.repeated])];
  const head = Buffer.alloc(3);
  head.writeUIntLE((isLast ? 1 : 0) | (type << 1) | (size << 3), 0, 3);
  return Buffer.concat([head, content]);
}
