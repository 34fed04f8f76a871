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

/** Buffers that were given back, at most one pair a thread. */
let spare: { readonly pair: BufferPair; readonly aligned: boolean } | null = null;

/**
 * Two buffers of `most` bytes, new ones no larger than a file of `size` bytes needs. `aligned` ones are fit for O_DIRECT.
 * To be given back with `returnBufferPair`: the garbage collector is in no hurry with 16 MiB outside its heap, and hashing 300
 * files one after another with fresh buffers held 123 MB where 72 do.
 */
export function takeBufferPair(size: number, aligned: boolean, most: number): BufferPair {
  const bytes = Math.min(Math.ceil(Math.max(size, 1) / PAGE_BYTES) * PAGE_BYTES, most);
  const fits = (length: number) => length >= bytes && length <= most;
  if (spare !== null && fits(spare.pair[0].length) && (spare.aligned || !aligned)) {
    const { pair } = spare;
    spare = null;
    return pair;
  }
  // Not from Node's shared pool, and not zeroed: every byte that is hashed was read first.
  return aligned ? alignedPair(bytes) : [unfilled(bytes), unfilled(bytes)];
}

/** Gives a pair back for the next file; no read may still be filling it. */
export function returnBufferPair(pair: BufferPair, aligned: boolean): void {
  if (spare === null || pair[0].length >= spare.pair[0].length) spare = { pair, aligned };
}

const unfilled = (bytes: number): Buffer => Buffer.allocUnsafeSlow(bytes);

function alignedPair(bytes: number): BufferPair {
  const memory = pageAlignedBuffer(2 * bytes);
  return [memory.subarray(0, bytes), memory.subarray(bytes)];
}
