import { readExactly, type Walk } from './walk.js';

/** Tables that lie this close together are read at once: a read costs as much as copying some 16 KiB. */
const LARGEST_GAP = 16_384;
const LARGEST_READ = 2 ** 20;

/** Reads the tables of one cluster each at `offsets`, in this order, neighbours with one read. */
export async function* readTables(walk: Walk, offsets: readonly number[]): AsyncGenerator<Buffer> {
  const size = walk.clusterSize;
  let index = 0;
  while (index < offsets.length) {
    const start = offsets[index] as number;
    let end = start + size;
    let next = index + 1;
    for (; next < offsets.length; next++) {
      const offset = offsets[next] as number;
      if (offset < end || offset - end > LARGEST_GAP || offset + size - start > LARGEST_READ) break;
      end = offset + size;
    }
    const bytes = await readExactly(walk, start, end - start);
    for (; index < next; index++) {
      const at = (offsets[index] as number) - start;
      yield bytes.subarray(at, at + size);
    }
  }
}
