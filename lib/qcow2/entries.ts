import { isZero } from './zeros.js';

const ENTRY_BYTES = 8;

/** Looked at as one where it is empty, as most of most tables is. */
const PAGE_BYTES = 4096;

/** The 64-bit entries of a table. Positions are in bytes from its beginning. */
export interface Entries {
  /** The first entry at `at` or behind it that is not 0; -1 where there is none. */
  next(at: number): number;
  /** The upper 32 bits of the entry at a position. */
  high(at: number): number;
  low(at: number): number;
}

export function entriesOf(table: Buffer): Entries {
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  const end = table.length - (table.length % ENTRY_BYTES);

  function next(from: number): number {
    let at = from;
    while (at < end) {
      if (at % PAGE_BYTES === 0 && isZero(table, at, Math.min(PAGE_BYTES, end - at))) at += PAGE_BYTES;
      else if (view.getUint32(at + 4) !== 0 || view.getUint32(at) !== 0) return at;
      else at += ENTRY_BYTES;
    }
    return -1;
  }

  return { next, high: (at) => view.getUint32(at), low: (at) => view.getUint32(at + 4) };
}
