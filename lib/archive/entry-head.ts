import { whyNotFlat } from './entry-name.js';
import { Malformed } from './malformed.js';
import { type PaxKey, SPARSE_MAP, SPARSE_SIZE } from './pax-records.js';
import { checkSegments, readSparseMap, type Segments } from './sparse-map.js';
import type { TarHeader } from './tar-header.js';

/** What is known of a file before its content comes. */
export interface EntryHead {
  /** A plain file name, valid UTF-8 without control characters. */
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  /** Bytes of the file as it would be unpacked. */
  readonly size: number;
  /** Bytes of it that stand in the archive. */
  readonly stored: number;
  /** Where they belong; null for a file that stands there whole. */
  readonly segments: Segments | null;
}

/** The largest size that fits the header's eleven octal digits. */
const HEADER_SIZE_LIMIT = 0o77777777777;

/** Puts a file's header and its PAX records together as Go does. `most`: bytes that a file may have at most. */
export function entryHead(header: TarHeader, records: ReadonlyMap<PaxKey, string> | null, most: number): EntryHead {
  const name = nameOf(header, records);
  try {
    const stored = storedOf(header, records, most);
    return { name, mode: header.mode, stored, ...contentOf(stored, records, most) };
  } catch (error) {
    throw error instanceof Malformed ? new Malformed(error.message, name) : error;
  }
}

function nameOf(header: TarHeader, records: ReadonlyMap<PaxKey, string> | null): string {
  const path = records?.get('path');
  const name = path ?? header.name;
  const reason = whyNotFlat(name);
  if (reason !== null) throw new Malformed(reason, name);
  // What Go writes for readers that know no PAX. Another name there would be another file to them.
  if (path !== undefined && header.name !== asciiName(path)) throw new Malformed('an entry has two names', name);
  return name;
}

/** Its ASCII characters, as many as fit the field. */
function asciiName(path: string): string {
  return path.replace(/\P{ASCII}/gu, '').slice(0, 100);
}

function storedOf(header: TarHeader, records: ReadonlyMap<PaxKey, string> | null, most: number): number {
  const text = records?.get('size');
  if (text === undefined) return header.size;
  const size = sizeOf(text, most);
  if (header.size !== 0 || size <= HEADER_SIZE_LIMIT) throw new Malformed('an entry has two sizes');
  return size;
}

function contentOf(stored: number, records: ReadonlyMap<PaxKey, string> | null, most: number) {
  const map = records?.get(SPARSE_MAP);
  const real = records?.get(SPARSE_SIZE);
  if (map === undefined && real === undefined) return { size: stored, segments: null };
  if (map === undefined) throw new Malformed('it has the size of a sparse file, and no map');
  if (real === undefined) throw new Malformed('it has the map of a sparse file, and no size');
  const size = sizeOf(real, most);
  const segments = readSparseMap(map);
  checkSegments(segments, size, stored);
  return { size, segments };
}

/** Of digits without leading zeros. */
function sizeOf(digits: string, most: number): number {
  // A limit is below 2^53, so what is larger may be inexact.
  if (digits.length <= 20 && Number(digits) <= most) return Number(digits);
  throw new Malformed(`it claims ${digits.slice(0, 40)} bytes; an archive may unpack to ${most} at most`);
}
