import { createHash } from 'node:crypto';
import { type Gunzip, gunzipSync } from 'node:zlib';
import { ZSTDDecoder } from 'zstddec';
import { zstdFrames } from './zstd-frames.js';

/** Bytes. Kernels of distributions unpack to 50 to 80 MB. */
const UNPACKED_LIMIT = 256 * 2 ** 20;

const ELF = Buffer.from('7f454c46', 'hex');
/** RFC 8878, 3.1.1. */
const ZSTD = Buffer.from('28b52ffd', 'hex');
/** RFC 1952, 2.3.1, with the only method that there is. */
const GZIP = Buffer.from('1f8b08', 'hex');

/**
 * SHA-256 (hex) of what cocoon unpacks of a kernel for Firecracker, which boots none that is compressed: from the first place
 * that looks like zstd, whatever follows it, else from the first that looks like gzip, which nothing may follow
 * (decompressKernel in hypervisor/firecracker/create.go of cocoon 0.3.8). Null where neither gives an ELF file, or more than
 * 256 MiB come out.
 */
export async function unpackedDigest(kernel: Buffer): Promise<string | null> {
  const zstd = from(kernel, ZSTD);
  const gzip = from(kernel, GZIP);
  return (zstd && digestOf(await unzstd(zstd))) ?? (gzip && digestOf(gunzip(gzip)));
}

function from(kernel: Buffer, magic: Buffer): Buffer | null {
  const at = kernel.indexOf(magic);
  return at === -1 ? null : kernel.subarray(at);
}

/** A piece is null where it cannot be unpacked. */
function digestOf(pieces: Iterable<Uint8Array | null>): string | null {
  const hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let bytes = 0;
  for (const piece of pieces) {
    if (piece === null) return null;
    bytes += piece.length;
    if (bytes > UNPACKED_LIMIT) return null;
    if (head.length < ELF.length) head = Buffer.concat([head, piece.subarray(0, ELF.length)]);
    hash.update(piece);
  }
  return head.subarray(0, ELF.length).equals(ELF) ? hash.digest('hex') : null;
}

/** Node itself has zstd from 22.15 on. */
async function unzstd(packed: Buffer): Promise<Iterable<Uint8Array | null>> {
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return unpackedFrames(decoder, packed);
}

/**
 * Frame by frame at once: as a stream the decoder neither says that a frame is damaged nor gives back its memory (a window of
 * up to 128 MiB) when it is left before its end, and all kernels of a run share its 2 GiB.
 */
function* unpackedFrames(decoder: ZSTDDecoder, packed: Buffer): Generator<Uint8Array | null> {
  for (const { bytes, mostContent } of zstdFrames(packed)) {
    if (mostContent === 0) continue;
    const content = decoder.decode(bytes, Math.min(mostContent, UNPACKED_LIMIT));
    // What is damaged, or larger, becomes nothing.
    yield content.length === 0 ? null : content;
  }
}

/** Of all that is there: Node itself takes what begins with a zero for filling, Go for damage. */
function gunzip(packed: Buffer): Iterable<Uint8Array> {
  try {
    const options = { maxOutputLength: UNPACKED_LIMIT, info: true };
    const { buffer, engine } = gunzipSync(packed, options) as unknown as { buffer: Buffer; engine: Gunzip };
    return engine.bytesWritten === packed.length ? [buffer] : [];
  } catch {
    return [];
  }
}
