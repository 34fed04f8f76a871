import { Malformed } from './malformed.js';

/** A part of a file that holds data; all else of it are holes. Bytes. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

/** More than any size that is accepted has: 2^46 has 14. */
const MOST_DIGITS = 16;

/**
 * Reads a map as Go's encoding/json writes it, and no other spelling of it: Go reads `L` for `l`, takes the last of repeated
 * keys and 0 for a missing one. A file of nothing but holes has the map `null`. By hand, because the longest has 75,000
 * segments, and a parser would make objects of whatever stands there first.
 */
export function readSparseMap(text: string): readonly Segment[] {
  if (text === 'null' || text === '[]') return [];
  const segments: Segment[] = [];
  let at = 0;
  const refuse = () => new Malformed(`the sparse map is not written as cocoon writes it, from its character ${at} on`);
  const expect = (words: string) => {
    if (!text.startsWith(words, at)) throw refuse();
    at += words.length;
  };
  const number = (): number => {
    const from = at;
    let value = 0;
    for (; isDigit(text, at); at++) value = value * 10 + (text.charCodeAt(at) - ZERO);
    const digits = at - from;
    const isPlain = digits > 0 && digits <= MOST_DIGITS && (digits === 1 || text.charCodeAt(from) !== ZERO);
    if (isPlain) return value;
    at = from;
    throw refuse();
  };
  do {
    expect(segments.length === 0 ? '[{"o":' : ',{"o":');
    const offset = number();
    expect(',"l":');
    const length = number();
    expect('}');
    segments.push({ offset, length });
  } while (text[at] === ',');
  expect(']');
  if (at < text.length) throw refuse();
  return segments;
}

/** The character code of the digit 0. */
const ZERO = 0x30;

function isDigit(text: string, at: number): boolean {
  // NaN behind the end.
  const code = text.charCodeAt(at);
  return code >= ZERO && code <= ZERO + 9;
}

/**
 * Checks what Go does not: it seeks and writes whatever the map says, in the order of the map. `size` is that of the
 * unpacked file, `stored` what stands in the archive; bytes.
 */
export function checkSegments(segments: readonly Segment[], size: number, stored: number): void {
  let end = 0;
  let sum = 0;
  for (const [index, { offset, length }] of segments.entries()) {
    if (length === 0) throw new Malformed(`segment ${index} holds nothing`);
    // Both may be inexact beyond 2^53, where they are larger than any size.
    if (offset > size || length > size - offset) throw new Malformed(`segment ${index} ends beyond the file`);
    if (offset < end) throw new Malformed(`segment ${index} begins before the end of the one before it`);
    end = offset + length;
    sum += length;
  }
  if (sum !== stored) throw new Malformed(`the segments have ${sum} bytes, the archive has ${stored} of the file`);
}
