import { type Cursor, fail, remaining, take } from './cursor.js';
import type { Deserializer } from './deserializer.js';
import { MAX_STRING_BYTES } from './limits.js';
import { utf8At } from './utf8.js';

/**
 * bincode 2 as Firecracker sets it up (src/vmm/src/snapshot/mod.rs): little-endian, integers of fixed width, `usize` and
 * every length in 64 bits, the variant of an enum in 32, bool and Option in a byte. A struct is its fields, one after the
 * other.
 */
export function bincode(cursor: Cursor): Deserializer {
  const { bytes } = cursor;
  const self: Deserializer = {
    cursor,
    u8: () => numberOf(cursor, 1),
    u16: () => numberOf(cursor, 2),
    u32: () => numberOf(cursor, 4),
    u64: () => bigNumberOf(cursor),
    bool: () => flag(cursor, 'bool'),
    string: () => text(cursor, MAX_STRING_BYTES),
    numbers(width) {
      const length = lengthOf(cursor, 'a list', bytes.length);
      return take(cursor, length * width) === null ? 0 : length;
    },
    list(item) {
      // No type of a state is empty: there cannot be more items than bytes.
      const length = lengthOf(cursor, 'a list', bytes.length);
      for (let index = 0; index < length && cursor.problem === null; index++) item(self, index);
      return length;
    },
    option: () => (flag(cursor, 'Option') ? self : null),
    variant(variants) {
      const at = cursor.at;
      const index = numberOf(cursor, 4);
      if (index >= variants) fail(cursor, at, `${index} is none of ${variants} variants`);
      return { index: cursor.problem === null ? index : 0, data: self };
    },
    field: () => self,
  };
  return self;
}

/** A string of at most `limit` bytes. */
export function text(cursor: Cursor, limit: number): string {
  const length = lengthOf(cursor, 'a string', limit);
  const at = take(cursor, length);
  return at === null ? '' : utf8At(cursor, at, length);
}

function numberOf(cursor: Cursor, width: 1 | 2 | 4): number {
  const at = take(cursor, width);
  return at === null ? 0 : cursor.bytes.readUIntLE(at, width);
}

function bigNumberOf(cursor: Cursor): bigint {
  const at = take(cursor, 8);
  return at === null ? 0n : cursor.bytes.readBigUInt64LE(at);
}

/** A byte that bincode takes for nothing but 0 or 1. */
function flag(cursor: Cursor, what: string): boolean {
  const at = cursor.at;
  const value = numberOf(cursor, 1);
  if (value > 1) fail(cursor, at, `${value} is no ${what}`);
  return value === 1;
}

/** A length or count, refused where fewer bytes are left than it needs. */
function lengthOf(cursor: Cursor, what: string, limit: number): number {
  const at = cursor.at;
  const length = bigNumberOf(cursor);
  if (length > BigInt(Math.min(limit, remaining(cursor)))) {
    fail(cursor, at, `${what} of ${length} where ${remaining(cursor)} bytes are left and ${limit} are the limit`);
    return 0;
  }
  return Number(length);
}
