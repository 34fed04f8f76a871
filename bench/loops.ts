import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createHasher, type EngineName } from '../lib/digest/engine.js';

/** What `createReadStream` reads at once when nobody says otherwise. */
export const NODE_STREAM_BYTES = 64 * 1024;

/** The loop of readOverlapped with blocks of any size: the next read is on its way while one block is hashed. */
export async function hashOverlapped(path: string, engine: EngineName, blockBytes: number): Promise<string> {
  const hasher = await createHasher(engine);
  const handle = await open(path);
  try {
    let [filling, other] = [Buffer.allocUnsafeSlow(blockBytes), Buffer.allocUnsafeSlow(blockBytes)];
    let done = 0;
    let reading = handle.read(filling, 0, blockBytes, done);
    for (;;) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return hasher.digest();
      const filled = filling.subarray(0, bytesRead);
      done += bytesRead;
      [filling, other] = [other, filling];
      reading = handle.read(filling, 0, blockBytes, done);
      hasher.update(filled);
    }
  } finally {
    await handle.close();
  }
}

/** One block after another: read, then hashed. */
export async function hashInTurn(path: string, engine: EngineName, blockBytes: number): Promise<string> {
  const hasher = await createHasher(engine);
  const block = Buffer.allocUnsafeSlow(blockBytes);
  const fd = openSync(path, 'r');
  try {
    for (let bytes = readSync(fd, block); bytes > 0; bytes = readSync(fd, block))
      hasher.update(block.subarray(0, bytes));
    return hasher.digest();
  } finally {
    closeSync(fd);
  }
}

/** Node's own stream. */
export async function hashByStream(path: string, engine: EngineName, blockBytes: number): Promise<string> {
  const hasher = await createHasher(engine);
  for await (const chunk of createReadStream(path, { highWaterMark: blockBytes })) hasher.update(chunk as Buffer);
  return hasher.digest();
}
