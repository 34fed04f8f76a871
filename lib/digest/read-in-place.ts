import { readSync } from 'node:fs';
import type { Readable } from '../file/readable.js';

/** Bytes of one read: what a core's own cache holds, so that the hash finds it there. */
const IN_PLACE_BYTES = 1024 * 1024;

/** Bytes a second: a slower read waited for a disk. The page cache is copied at 7 GB/s and more. */
const DISK_RATE = 3e9;

/** Reads that are left to other threads before the next in place is tried, 32 MiB. */
const AFTER_A_WAIT = 32;

/**
 * The same open file, read by this thread itself where its bytes are in the page cache and `asked` says that no other core
 * is free. Two cores that each copy and hash do a tenth more than two that hash while a third thread copies for both; and
 * two buffers of 1 MiB are enough. A file that comes from the disk is read ahead, as by the handle itself.
 */
export function readsInPlace(handle: Readable, fd: number, asked: () => boolean): Readable {
  let waiting = 0;
  const read = async (buffer: Buffer, offset: number, length: number, position: number) => {
    if (!asked()) return await handle.read(buffer, offset, length, position);
    if (waiting > 0) {
      waiting--;
      return await handle.read(buffer, offset, Math.min(length, IN_PLACE_BYTES), position);
    }
    const started = performance.now();
    const bytesRead = readSync(fd, buffer, offset, Math.min(length, IN_PLACE_BYTES), position);
    const seconds = (performance.now() - started) / 1000;
    if (bytesRead / seconds < DISK_RATE && bytesRead === IN_PLACE_BYTES) waiting = AFTER_A_WAIT;
    return { bytesRead, buffer };
  };
  return { read: read as unknown as Readable['read'], stat: handle.stat.bind(handle) };
}
