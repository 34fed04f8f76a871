import { createCipheriv, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHUNK_BYTES = 8 * 1024 * 1024;

/** Does `work` in a fresh directory of the system's temporary one, and removes it whatever happens. */
export async function inTemporary<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = fs.mkdtempSync(join(tmpdir(), 'blobcheck-bench-'));
  // An interrupted run leaves no gigabytes behind either.
  const remove = () => fs.rmSync(directory, { recursive: true, force: true });
  const interrupted = () => process.exit(130);
  process.once('exit', remove);
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    return await work(directory);
  } finally {
    remove();
    process.off('exit', remove);
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
  }
}

/** A file of `size` bytes that nothing can compress, deduplicate or leave out: a keystream under a random key. */
export function randomFile(path: string, size: number): void {
  const cipher = createCipheriv('aes-256-ctr', randomBytes(32), randomBytes(16));
  const zeros = Buffer.alloc(CHUNK_BYTES);
  const fd = fs.openSync(path, 'wx');
  for (let done = 0; done < size; done += CHUNK_BYTES) {
    fs.writeFileSync(fd, cipher.update(zeros).subarray(0, size - done));
  }
  // Else the kernel writes it back while the first rounds are measured.
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}

/** Reads a file once, so that the page cache has it. */
export function warm(path: string): void {
  const fd = fs.openSync(path, 'r');
  const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  while (fs.readSync(fd, buffer) > 0);
  fs.closeSync(fd);
}
