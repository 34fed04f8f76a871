import type { ReadAt } from '../file/read-at.js';
import type { Keep, Range } from './keep.js';
import type { Segments } from './sparse-map.js';

/** Data of a file. Bytes. */
export interface Piece extends Range {
  /** Where it stands in what the archive stores of the file. */
  readonly from: number;
  /** Where it stands in what is kept of it. */
  readonly at: number;
}

/** What was kept of a file's content, addressed as in the unpacked file. */
export interface KeptContent {
  /** Bytes of the whole file. */
  readonly size: number;
  /** The parts of which everything is known: ascending, apart from one another, inside the file. */
  readonly windows: readonly Range[];
  /** Their data, ascending; all else in a window is a hole, which reads as zeros. */
  readonly pieces: readonly Piece[];
  readonly bytes: Buffer;
}

/** The parts of a file that are to be kept, put in order: clipped to the file, those that touch made one. */
export function windowsOf(keep: Keep, size: number, stored: number): readonly Range[] {
  const wanted = stored <= keep.whole ? [{ offset: 0, length: size }] : keep.ranges;
  const windows: { offset: number; length: number }[] = [];
  for (const { offset, length } of [...wanted].sort((a, b) => a.offset - b.offset)) {
    const from = Math.max(0, offset);
    const to = Math.min(size, offset + length);
    const last = windows.at(-1);
    if (to <= from) continue;
    if (last === undefined || from > last.offset + last.length) windows.push({ offset: from, length: to - from });
    else last.length = Math.max(last.length, to - last.offset);
  }
  return windows;
}

/**
 * The data in some windows of a file with these segments. Both lists ascend and none of their members overlap, so there are
 * no more pieces than members of both.
 */
export function piecesIn(windows: readonly Range[], segments: Segments): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let next = 0;
  let stored = 0;
  for (let index = 0; index < segments.length; index += 2) {
    const begin = segments[index] ?? 0;
    const bytes = segments[index + 1] ?? 0;
    const end = begin + bytes;
    for (; next < windows.length; next++) {
      const window = windows[next] as Range;
      const windowEnd = window.offset + window.length;
      const offset = Math.max(begin, window.offset);
      const length = Math.min(end, windowEnd) - offset;
      if (length > 0) {
        pieces.push({ offset, length, from: stored + offset - begin, at });
        at += length;
      }
      // The rest of the window lies in segments to come.
      if (windowEnd > end) break;
    }
    stored += bytes;
  }
  return pieces;
}

/**
 * `length` bytes at `offset` of the unpacked file, fewer only at its end; null where any of them was not kept. The
 * buffer belongs to the caller, who has looked at `length`: a hole has any size.
 */
export function keptBytes(kept: KeptContent, offset: number, length: number): Buffer | null {
  const end = Math.min(offset + length, kept.size);
  if (end <= offset) return Buffer.alloc(0);
  const isKept = kept.windows.some((window) => offset >= window.offset && end <= window.offset + window.length);
  if (!isKept) return null;
  const result = Buffer.alloc(end - offset);
  for (let index = firstPieceAfter(kept.pieces, offset); index < kept.pieces.length; index++) {
    const piece = kept.pieces[index] as Piece;
    if (piece.offset >= end) break;
    const from = Math.max(piece.offset, offset);
    const to = Math.min(piece.offset + piece.length, end);
    kept.bytes.copy(result, from - offset, piece.at + from - piece.offset, piece.at + to - piece.offset);
  }
  return result;
}

/** The whole file; null when not all of it was kept, or it has more than `limit` bytes. */
export function keptWhole(kept: KeptContent, limit: number): Buffer | null {
  return kept.size <= limit ? keptBytes(kept, 0, kept.size) : null;
}

/** A reader of a file that was kept whole, holes and all; null for any other. */
export function keptReader(kept: KeptContent): ReadAt | null {
  const isWhole = kept.size === 0 || kept.windows[0]?.length === kept.size;
  if (!isWhole) return null;
  return async (offset, length) => keptBytes(kept, offset, length) ?? Buffer.alloc(0);
}

/** The index of the first piece that ends behind a byte. */
function firstPieceAfter(pieces: readonly Piece[], offset: number): number {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const piece = pieces[middle] as Piece;
    if (piece.offset + piece.length > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
