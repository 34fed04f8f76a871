import type { ReadAt } from '../file/read-at.js';
import type { ByteSource } from './byte-source.js';

/** Bytes of one read: enough to run at the page cache's rate, and little beside what is kept. */
const READ_BYTES = 256 * 1024;

/** What is told of how far the reading of an archive is, and may end it. Bytes of the archive. */
export type Watch = (done: number) => void;

/** Reads an open file of `size` bytes; what is skipped is not read. `watch` is called before every read. */
export function fileSource(read: ReadAt, size: number, watch: Watch): ByteSource {
  let position = 0;
  return {
    position: () => position,
    fill: async (target) => {
      let filled = 0;
      while (filled < target.length) {
        watch(position);
        const bytes = await read(position, Math.min(target.length - filled, READ_BYTES));
        if (bytes.length === 0) break;
        filled += bytes.copy(target, filled);
        position += bytes.length;
      }
      return filled;
    },
    skip: async (length) => {
      watch(position);
      const skipped = Math.max(0, Math.min(length, size - position));
      position += skipped;
      return skipped;
    },
  };
}

/** The same file from its beginning to its end, in chunks. */
export async function* fileChunks(read: ReadAt, watch: Watch): AsyncGenerator<Buffer, void> {
  for (let position = 0; ; ) {
    watch(position);
    const bytes = await read(position, READ_BYTES);
    if (bytes.length === 0) return;
    position += bytes.length;
    yield bytes;
  }
}
