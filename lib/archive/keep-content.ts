import type { ByteSource } from './byte-source.js';
import type { EntryHead } from './entry-head.js';
import type { Keep } from './keep.js';
import { type KeptContent, piecesIn, windowsOf } from './kept-content.js';
import { PIECE_BYTES } from './limits.js';
import { Malformed } from './malformed.js';

/**
 * Goes through the body of an entry and keeps what is wanted of it. `room`: bytes of memory that may be taken; `cost` says how
 * many were.
 */
export async function keepContent(
  source: ByteSource,
  { size, stored, segments }: EntryHead,
  keep: Keep,
  room: number,
): Promise<{ readonly kept: KeptContent; readonly cost: number }> {
  const windows = windowsOf(keep, size, stored);
  const pieces = piecesIn(windows, segments ?? Float64Array.of(0, size));
  const last = pieces.at(-1);
  const length = last === undefined ? 0 : last.at + last.length;
  const cost = length + pieces.length * PIECE_BYTES;
  if (cost > room) throw new Malformed(`more would be kept of it than the ${room} bytes that are left for it`);
  // Not from Node's shared pool: it may be kept long after the others there.
  const bytes = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const piece of pieces) {
    const target = bytes.subarray(piece.at, piece.at + piece.length);
    const isThere =
      (await source.skip(piece.from - at)) === piece.from - at && (await source.fill(target)) === piece.length;
    if (!isThere) throw tooShort();
    at = piece.from + piece.length;
  }
  if ((await source.skip(stored - at)) < stored - at) throw tooShort();
  return { kept: { size, windows, pieces, bytes }, cost };
}

function tooShort(): Malformed {
  return new Malformed('the archive ends within the file');
}
