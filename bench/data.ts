import { spawn } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sizeText } from './sizes.js';

const CHUNK_BYTES = 8 * 1024 * 1024;

/** Bytes that stay free beside what a case writes: a full disk is nobody's benchmark. */
const SPARE_BYTES = 2 ** 30;

/**
 * Does `work` in a fresh directory of the system's temporary one, and removes it whatever happens. `bytes` is what will be
 * written there: throws where there is no room for it.
 */
export async function inTemporary<T>(bytes: number, work: (directory: string) => Promise<T>): Promise<T> {
  const { bavail, bsize } = fs.statfsSync(tmpdir());
  if (bavail * bsize < bytes + SPARE_BYTES) {
    throw new Error(`the temporary directory (TMPDIR) has no room for ${sizeText(bytes)} and ${sizeText(SPARE_BYTES)}`);
  }
  const directory = fs.mkdtempSync(join(tmpdir(), 'blobcheck-bench-'));
  // An interrupted run leaves no gigabytes behind either.
  // What it had started may still be writing there.
  const remove = () => fs.rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
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
  writeRandom(fs.openSync(path, 'wx'), size);
  flush(path);
}

/** The same behind what a file has. */
export function appendRandom(path: string, size: number): void {
  writeRandom(fs.openSync(path, 'a'), size);
  flush(path);
}

/** Closes the descriptor. */
function writeRandom(fd: number, size: number): void {
  const cipher = createCipheriv('aes-256-ctr', randomBytes(32), randomBytes(16));
  const zeros = Buffer.alloc(CHUNK_BYTES);
  for (let done = 0; done < size; done += CHUNK_BYTES) {
    fs.writeFileSync(fd, cipher.update(zeros).subarray(0, size - done));
  }
  fs.closeSync(fd);
}

/** Writes a file's pages back now: else the kernel does it while the first rounds are measured. */
export function flush(path: string): void {
  const fd = fs.openSync(path, 'r+');
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

/** Has the kernel forget a file's pages, which needs no rights. Rejects where coreutils' `dd` is absent. */
export function cool(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none'], { stdio: 'ignore' });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`dd ended with ${code}`))));
  });
}
