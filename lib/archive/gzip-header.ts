import type { ByteSource } from './byte-source.js';
import { GZIP_NAME_LIMIT } from './limits.js';
import { Malformed } from './malformed.js';

/** The two bytes that cocoon tells a compressed archive by (unwrapGzip in snapshot/localfile/import.go). */
export function isGzip(firstBytes: Buffer): boolean {
  return firstBytes[0] === 0x1f && firstBytes[1] === 0x8b;
}

/** RFC 1952, section 2.3.1: a file name follows the header. */
const FNAME = 0x08;

/**
 * Reads the header of a member (RFC 1952, section 2.3), which ends where the compressed data begin. Cocoon writes no flags,
 * gzip(1) the name of the file. Readers differ about the rest: Go ignores the reserved flags, zlib refuses them.
 */
export async function readGzipHeader(source: ByteSource): Promise<void> {
  const header = Buffer.alloc(10);
  if ((await source.fill(header)) < header.length) throw new Malformed('it ends in its gzip header');
  const [, , method, flags] = header;
  if (method !== 8) throw new Malformed('it is compressed by a method that gzip does not have');
  if (flags !== 0 && flags !== FNAME) throw new Malformed('its gzip header has fields that cocoon does not write');
  if (flags === FNAME) await skipName(source);
}

async function skipName(source: ByteSource): Promise<void> {
  const byte = Buffer.alloc(1);
  for (let length = 0; length <= GZIP_NAME_LIMIT; length++) {
    if ((await source.fill(byte)) === 0) throw new Malformed('it ends in its gzip header');
    if (byte[0] === 0) return;
  }
  throw new Malformed(`the name in its gzip header has more than ${GZIP_NAME_LIMIT} bytes`);
}
