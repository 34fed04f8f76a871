import { Malformed } from './malformed.js';

/**
 * The parts of a file that hold data, offset and length of each in turn; all else of it are holes. Bytes. One block of
 * memory instead of an object each: 250 longest maps one after the other held 250 MB with Node 24.
 */
export type Segments = Float64Array;

/** Characters of the shortest segment in a map, with its comma. */
const SEGMENT_CHARACTERS = '{"o":0,"l":1},'.length;

/** More than any size that is accepted has: 2^46 has 14. */
const MOST_DIGITS = 16;

/**
 * Reads a map as Go's encoding/json writes it, and no other spelling of it: Go reads `L` for `l`, takes the last of repeated
 * keys and 0 for a missing one. A file of nothing but holes has the map `null`. By hand, because the longest has 75,000
 * segments, and a parser would make objects of whatever stands there first.
 */
export function readSparseMap(text: string): Segments {
  if (text === 'null' || text === '[]') return new Float64Array(0);
  const segments = new Float64Array(2 * Math.ceil(text.length / SEGMENT_CHARACTERS));
  let filled = 0;
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
    expect(filled === 0 ? '[{"o":' : ',{"o":');
    segments[filled] = number();
    expect(',"l":');
    segments[filled + 1] = number();
    expect('}');
    filled += 2;
  } while (text[at] === ',');
  expect(']');
  if (at < text.length) throw refuse();
  return segments.subarray(0, filled);
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
export function checkSegments(segments: Segments, size: number, stored: number): void {
  let end = 0;
  let sum = 0;
  for (let at = 0; at < segments.length; at += 2) {
    const offset = segments[at] ?? 0;
    const length = segments[at + 1] ?? 0;
    const reason = whyNotNext(offset, length, end, size);
    if (reason !== null) throw new Malformed(`segment ${at / 2} ${reason}`);
    end = offset + length;
    sum += length;
  }
  if (sum !== stored) throw new Malformed(`the segments have ${sum} bytes, the archive has ${stored} of the file`);
}

/** What is wrong with a segment behind one that ends at `end`. */
function whyNotNext(offset: number, length: number, end: number, size: number): string | null {
  if (length === 0) return 'holds nothing';
  // Both may be inexact beyond 2^53, where they are larger than any size.
  if (offset > size || length > size - offset) return 'ends beyond the file';
  return offset < end ? 'begins before the end of the one before it' : null;
}
