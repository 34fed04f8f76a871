/**
 * What serde writes through bincode 2 as Firecracker sets it up (src/vmm/src/snapshot/mod.rs): little-endian, integers of
 * fixed width, `usize` and every length in 64 bits, the variant of an enum in 32, bool and Option in a byte. A struct is
 * its fields, one after the other.
 */
import { isUtf8 } from 'node:buffer';
import { type Cursor, fail, remaining, take, within } from './cursor.js';
import { MAX_STRING_BYTES } from './limits.js';

export type Reader<T> = (cursor: Cursor) => T;
type Value<R> = R extends Reader<infer T> ? T : never;

export const u8: Reader<number> = (cursor) => {
  const at = take(cursor, 1);
  return at === null ? 0 : cursor.bytes.readUInt8(at);
};

export const u16: Reader<number> = (cursor) => {
  const at = take(cursor, 2);
  return at === null ? 0 : cursor.bytes.readUInt16LE(at);
};

export const u32: Reader<number> = (cursor) => {
  const at = take(cursor, 4);
  return at === null ? 0 : cursor.bytes.readUInt32LE(at);
};

export const u64: Reader<bigint> = (cursor) => {
  const at = take(cursor, 8);
  return at === null ? 0n : cursor.bytes.readBigUInt64LE(at);
};

/** A byte that bincode takes for nothing but 0 or 1. */
function flag(cursor: Cursor, what: string): boolean {
  const at = cursor.at;
  const value = u8(cursor);
  if (value > 1) fail(cursor, at, `${value} is no ${what}`);
  return value === 1;
}

export const bool: Reader<boolean> = (cursor) => flag(cursor, 'bool');

/** A length or count, refused where fewer bytes are left than it needs. */
function lengthOf(cursor: Cursor, what: string, limit: number): number {
  const at = cursor.at;
  const length = u64(cursor);
  if (length > BigInt(Math.min(limit, remaining(cursor)))) {
    fail(cursor, at, `${what} of ${length} where ${remaining(cursor)} bytes are left and ${limit} are the limit`);
    return 0;
  }
  return Number(length);
}

export const string: Reader<string> = (cursor) => stringUpTo(cursor, MAX_STRING_BYTES);

export function stringUpTo(cursor: Cursor, limit: number): string {
  const at = take(cursor, lengthOf(cursor, 'a string', limit));
  if (at === null) return '';
  const bytes = cursor.bytes.subarray(at, cursor.at);
  // Rust refuses it, too; decoded all the same, two different names would look alike.
  if (!isUtf8(bytes)) fail(cursor, at, 'a string that is not UTF-8');
  return cursor.problem === null ? bytes.toString('utf8') : '';
}

/** A run of bytes of its own length, passed over; how many there were. */
export const bytes: Reader<number> = (cursor) => {
  const length = lengthOf(cursor, 'a run of bytes', cursor.bytes.length);
  return take(cursor, length) === null ? 0 : length;
};

/** An array of as many bytes as its type says, passed over. */
export function byteArray(length: number): Reader<void> {
  return (cursor) => {
    take(cursor, length);
  };
}

export function option<T>(read: Reader<T>): Reader<T | null> {
  return (cursor) => (flag(cursor, 'Option') ? read(cursor) : null);
}

/** A Vec. No type of a state is empty, so it cannot have more items than bytes are left. */
export function vector<T>(read: Reader<T>): Reader<readonly T[]> {
  return (cursor) => {
    const items: T[] = [];
    forEachItem(cursor, (index) => items.push(within(cursor, `[${index}]`, read)));
    return items;
  };
}

/** A Vec of which only the count matters: its items are read, but not kept. */
export function count(read: Reader<unknown>): Reader<number> {
  return (cursor) => forEachItem(cursor, (index) => within(cursor, `[${index}]`, read));
}

/** A Vec of numbers of so many bytes each, passed over; how many there were. */
export function numbers(bytesEach: number): Reader<number> {
  return (cursor) => {
    const length = lengthOf(cursor, 'a list', cursor.bytes.length);
    return take(cursor, length * bytesEach) === null ? 0 : length;
  };
}

function forEachItem(cursor: Cursor, item: (index: number) => void): number {
  const length = lengthOf(cursor, 'a list', cursor.bytes.length);
  for (let index = 0; index < length && cursor.problem === null; index++) item(index);
  return length;
}

/** An enum without data: the name at its place. */
export function enumeration<const Names extends readonly [string, ...string[]]>(
  ...names: Names
): Reader<Names[number]> {
  return (cursor) => names[variant(cursor, names.length)] ?? names[0];
}

/** An enum whose variants hold data: what the reader at its place reads. */
export function tagged<const Readers extends readonly [Reader<unknown>, ...Reader<unknown>[]]>(
  ...readers: Readers
): Reader<Value<Readers[number]>> {
  return (cursor) => {
    const read = readers[variant(cursor, readers.length)] ?? readers[0];
    return read(cursor) as Value<Readers[number]>;
  };
}

function variant(cursor: Cursor, variants: number): number {
  const at = cursor.at;
  const value = u32(cursor);
  if (value >= variants) fail(cursor, at, `${value} is none of ${variants} variants`);
  return cursor.problem === null ? value : 0;
}

export function struct<Fields extends Record<string, Reader<unknown>>>(
  fields: Fields,
): Reader<{ readonly [Name in keyof Fields]: Value<Fields[Name]> }> {
  const entries = Object.entries(fields);
  return (cursor) => {
    const value: Record<string, unknown> = {};
    for (const [name, field] of entries) value[name] = within(cursor, name, field);
    return value as { readonly [Name in keyof Fields]: Value<Fields[Name]> };
  };
}

/** A field that stands only in some layouts: `otherwise`, and nothing read, where it does not. */
export function present<T, const Else>(there: boolean, read: Reader<T>, otherwise: Else): Reader<T | Else> {
  return there ? read : () => otherwise;
}
