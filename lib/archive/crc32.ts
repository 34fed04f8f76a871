import type { crc32 } from 'node:zlib';

/** A running CRC-32 (RFC 1952, section 8). */
export interface Crc32 {
  update(bytes: Buffer): void;
  /** Of all bytes so far. */
  value(): number;
}

/** By zlib, which has it since Node 20.15, and before that by hash-wasm, at a fraction of the rate. */
export async function createCrc32(given?: typeof crc32 | null): Promise<Crc32> {
  const native = given === undefined ? ((await import('node:zlib')).crc32 ?? null) : given;
  if (native !== null) {
    let value = 0;
    return {
      update: (bytes) => {
        value = native(bytes, value);
      },
      value: () => value,
    };
  }
  const { createCRC32 } = await import('hash-wasm');
  const hash = await createCRC32();
  hash.init();
  return { update: (bytes) => void hash.update(bytes), value: () => Number.parseInt(hash.digest('hex'), 16) };
}
