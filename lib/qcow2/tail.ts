import { MAX_TAIL_SCAN_BYTES } from './limits.js';
import { readExactly, type Walk } from './walk.js';
import { isZero } from './zeros.js';

const CHUNK = 2 ** 20;

/** Counts the non-zero bytes from `start` to the end of the file, of the first 64 MiB of them. */
export async function countTail(walk: Walk, start: number): Promise<{ bytes: number; complete: boolean }> {
  const end = Math.min(walk.fileSize, start + MAX_TAIL_SCAN_BYTES);
  let bytes = 0;
  for (let at = start; at < end; at += CHUNK) {
    const chunk = await readExactly(walk, at, Math.min(CHUNK, end - at));
    if (isZero(chunk, 0, chunk.length)) continue;
    for (const byte of chunk) if (byte !== 0) bytes += 1;
  }
  return { bytes, complete: end === walk.fileSize || start >= walk.fileSize };
}
