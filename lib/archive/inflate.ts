import { createInflateRaw, type InflateRaw } from 'node:zlib';
import type { ChunkSource } from './byte-source.js';
import { createCrc32 } from './crc32.js';
import { readGzipHeader } from './gzip-header.js';
import type { ArchiveLimits } from './limits.js';
import { Malformed } from './malformed.js';

/** Bytes of a chunk that comes out. Smaller ones cost a round trip to zlib's thread each. */
const CHUNK_BYTES = 256 * 1024;

/**
 * The content of a gzip file of exactly one member, checked to its end. Not by Node's Gunzip, which ignores what follows the
 * last member in most cases, and reads further members in some. Go's reader, as cocoon uses it, reads up to the tar's end
 * mark and no further: neither checksum nor length are ever compared by an import (tried with cocoon 0.3.8 and Go 1.26).
 */
export async function* inflated(
  source: ChunkSource,
  { ratio, ratioFloor }: ArchiveLimits,
): AsyncGenerator<Buffer, void> {
  await readGzipHeader(source);
  const engine = createInflateRaw({ chunkSize: CHUNK_BYTES });
  const crc = await createCrc32();
  // Its failure reaches whoever reads from the engine.
  const fed = feed(source, engine).catch((error: Error) => void engine.destroy(error));
  let length = 0;
  try {
    for await (const chunk of engine as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > ratioFloor && length > ratio * engine.bytesWritten) {
        throw new Malformed(`it unpacks to more than ${ratio} times its size, and more than ${ratioFloor} bytes`);
      }
      crc.update(chunk);
      yield chunk;
    }
  } catch (error) {
    throw isZlibError(error) ? new Malformed(`the compressed data are damaged: ${error.message}`) : error;
  }
  await fed;
  await checkTrailer(source, crc.value(), length);
}

/** Hands over chunk after chunk until the compressed data have ended; what follows them is left in the source. */
async function feed(source: ChunkSource, engine: InflateRaw): Promise<void> {
  for (;;) {
    const chunk = await source.next();
    if (chunk === null) throw new Malformed('it ends within its gzip data');
    const before = engine.bytesWritten;
    await written(engine, chunk);
    const taken = engine.bytesWritten - before;
    if (taken < chunk.length) {
      source.unread(chunk.subarray(taken));
      return;
    }
  }
}

/** Until the engine has taken all that it wants of a chunk. Never, when it fails or is destroyed meanwhile. */
function written(engine: InflateRaw, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    engine.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}

/** RFC 1952, section 2.3.1: CRC-32 and length of the content, little-endian. Nothing may follow: no further member. */
async function checkTrailer(source: ChunkSource, crc: number, length: number): Promise<void> {
  const trailer = Buffer.alloc(8);
  if ((await source.fill(trailer)) < trailer.length) throw new Malformed('it ends within its gzip data');
  if (trailer.readUInt32LE(0) !== crc) throw new Malformed('its content has not the CRC-32 that its end names');
  if (trailer.readUInt32LE(4) !== length % 2 ** 32)
    throw new Malformed('its content has not the length that its end names');
  if ((await source.next()) !== null) throw new Malformed('something follows the compressed archive');
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
}
