import { Malformed } from './malformed.js';

/** A part of a file that holds data; all else of it are holes. Bytes. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

/**
 * Reads a map as Go's encoding/json writes it, and no other spelling of it: Go reads `L` for `l`, takes the last of repeated
 * keys and 0 for a missing one. A file of nothing but holes has the map `null`.
 */
export function readSparseMap(text: string): readonly Segment[] {
  if (text === 'null' || text === '[]') return [];
  const segments: Segment[] = [];
  const segment = /\{"o":(0|[1-9][0-9]{0,15}),"l":([1-9][0-9]{0,15})\}/y;
  let at = 0;
  for (;;) {
    const opens = text[at] === (segments.length === 0 ? '[' : ',');
    segment.lastIndex = at + 1;
    const match = opens ? segment.exec(text) : null;
    if (match === null) break;
    segments.push({ offset: Number(match[1]), length: Number(match[2]) });
    at = segment.lastIndex;
  }
  if (segments.length > 0 && at === text.length - 1 && text[at] === ']') return segments;
  throw new Malformed(`the sparse map is not written as cocoon writes it, from its character ${at} on`);
}

/**
 * Checks what Go does not: it seeks and writes whatever the map says, in the order of the map. `size` is that of the
 * unpacked file, `stored` what stands in the archive; bytes.
 */
export function checkSegments(segments: readonly Segment[], size: number, stored: number): void {
  let end = 0;
  let sum = 0;
  for (const [index, { offset, length }] of segments.entries()) {
    // Both may be inexact beyond 2^53, where they are larger than any size.
    if (offset > size || length > size - offset) throw new Malformed(`segment ${index} ends beyond the file`);
    if (offset < end) throw new Malformed(`segment ${index} begins before the end of the one before it`);
    end = offset + length;
    sum += length;
  }
  if (sum !== stored) throw new Malformed(`the segments have ${sum} bytes, the archive has ${stored} of the file`);
}
