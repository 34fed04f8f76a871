import { PAGE_BYTES, pageAlignedBuffer } from './aligned-memory.js';

/**
 * Bytes a read. Median GB/s of one 2 GB file in the page cache, seven interleaved rounds, 2-core EPYC with SHA
 * extensions (1 MiB of L2 a core), Node 20.20; hashing memory alone is 1.77: 64 KiB 1.20, 256 KiB 1.55, 1 MiB 1.63,
 * 2 MiB 1.71, 4 MiB 1.70, 8 MiB 1.71, 16 MiB 1.72. On a Xeon with 2 MiB of L2 a core a buffer that fits the reader's
 * L2 is handed over core to core and 4 MiB loses 15 % to 8 MiB; 16 MiB wins no more and costs 16 MiB of memory.
 */
export const BUFFER_BYTES = 8 * 1024 * 1024;

/** Two buffers: one is hashed while the other is being filled. */
export type BufferPair = readonly [Buffer, Buffer];

/** Buffers that were given back, at most one pair in the process. */
let spare: { readonly pair: BufferPair; readonly aligned: boolean } | null = null;

/**
 * Two buffers for a file of `size` bytes, none larger than it needs. `aligned` ones are fit for O_DIRECT. To be given
 * back with `returnBufferPair`: the garbage collector is in no hurry with 16 MiB outside its heap, and hashing 300
 * files one after another with fresh buffers held 123 MB where 72 do.
 */
export function takeBufferPair(size: number, aligned: boolean): BufferPair {
  const bytes = Math.ceil(Math.max(size, 1) / PAGE_BYTES) * PAGE_BYTES;
  // Not from Node's shared pool, and not zeroed: every byte that is hashed was read first.
  if (bytes < BUFFER_BYTES) return aligned ? alignedPair(bytes) : [unfilled(bytes), unfilled(bytes)];
  if (spare !== null && (spare.aligned || !aligned)) {
    const { pair } = spare;
    spare = null;
    return pair;
  }
  return aligned ? alignedPair(BUFFER_BYTES) : [unfilled(BUFFER_BYTES), unfilled(BUFFER_BYTES)];
}

/** Gives a pair back for the next file; no read may still be filling it. */
export function returnBufferPair(pair: BufferPair, aligned: boolean): void {
  if (pair[0].length === BUFFER_BYTES) spare = { pair, aligned };
}

const unfilled = (bytes: number): Buffer => Buffer.allocUnsafeSlow(bytes);

function alignedPair(bytes: number): BufferPair {
  const memory = pageAlignedBuffer(2 * bytes);
  return [memory.subarray(0, bytes), memory.subarray(bytes)];
}
