import { closeSync, fstatSync, fsync, openSync, read } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** What we use of a `FileHandle`, which is one of these too. */
export type OpenFile = Pick<FileHandle, 'fd' | 'read' | 'stat' | 'sync' | 'close'>;

/**
 * Opens a file at once. Node's own `FileHandle` takes a thread to be opened, and is a module of some milliseconds. Reads
 * and flushes, which may take long, go through the threads. Throws the system's error. Close it when no read is left:
 * unlike a `FileHandle` it does not wait for one.
 */
export function openFile(path: string, flags: number): OpenFile {
  const fd = openSync(path, flags);
  let isOpen = true;
  const file = {
    fd,
    stat: async (options?: { bigint?: boolean }) => fstatSync(fd, options),
    read: (buffer: NodeJS.ArrayBufferView, offset: number, length: number, position: number) =>
      new Promise((resolve, reject) => {
        read(fd, buffer, offset, length, position, (error, bytesRead) => {
          if (error === null) resolve({ bytesRead, buffer });
          else reject(error);
        });
      }),
    sync: () =>
      new Promise<void>((resolve, reject) => {
        fsync(fd, (error) => (error === null ? resolve() : reject(error)));
      }),
    close: async () => {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
  // Of the ways in which Node's can be called we use, and take, these.
  return file as unknown as OpenFile;
}
