/** Types of Rust, described so that one description reads them through any codec. */
import { fail, within } from './cursor.js';
import type { Deserializer, Width } from './deserializer.js';
import { MAX_KEPT_ITEMS } from './limits.js';

export type Reader<T> = (from: Deserializer) => T;
type Value<R> = R extends Reader<infer T> ? T : never;

export const u8: Reader<number> = (from) => from.u8();
export const u16: Reader<number> = (from) => from.u16();
export const u32: Reader<number> = (from) => from.u32();
export const u64: Reader<bigint> = (from) => from.u64();
export const bool: Reader<boolean> = (from) => from.bool();
/** UTF-8. */
export const string: Reader<string> = (from) => from.string();

/** A Vec of numbers of so many bytes each, passed over; how many there were. */
export function numbers(width: Width): Reader<number> {
  return (from) => from.numbers(width);
}

/** A run of bytes of its own length, passed over; how many there were. */
export const bytes = numbers(1);

export function option<T>(read: Reader<T>): Reader<T | null> {
  return (from) => {
    const value = from.option();
    return value === null ? null : read(value);
  };
}

export function vector<T>(read: Reader<T>): Reader<readonly T[]> {
  return (from) => {
    const items: T[] = [];
    const { cursor } = from;
    from.list((item, index) => {
      if (index === MAX_KEPT_ITEMS) fail(cursor, cursor.at, `a list of more than ${MAX_KEPT_ITEMS} items`);
      if (cursor.problem === null) items.push(within(cursor, `[${index}]`, () => read(item)));
    });
    return items;
  };
}

/** A Vec of which only the count matters: its items are read, but not kept. */
export function count(read: Reader<unknown>): Reader<number> {
  return (from) => from.list((item, index) => within(from.cursor, `[${index}]`, () => read(item)));
}

/** An enum without data: the name at its place. */
export function enumeration<const Names extends readonly [string, ...string[]]>(
  ...names: Names
): Reader<Names[number]> {
  return (from) => names[from.variant(names.length).index] ?? names[0];
}

/** An enum whose variants hold data: what the reader at its place reads. */
export function tagged<const Readers extends readonly [Reader<unknown>, ...Reader<unknown>[]]>(
  ...readers: Readers
): Reader<Value<Readers[number]>> {
  return (from) => {
    const { index, data } = from.variant(readers.length);
    const read = readers[index] ?? readers[0];
    return read(data) as Value<Readers[number]>;
  };
}

/** The fields of a struct in their order. A struct in a struct may be given as its fields: no codec marks the borders. */
export function struct<Fields extends Record<string, Reader<unknown>>>(
  fields: Fields,
): Reader<{ readonly [Name in keyof Fields]: Value<Fields[Name]> }> {
  const entries = Object.entries(fields);
  return (from) => {
    const value: Record<string, unknown> = {};
    let index = 0;
    for (const [name, read] of entries) {
      const field = from.field(index++);
      value[name] = within(from.cursor, name, () => read(field));
    }
    return value as { readonly [Name in keyof Fields]: Value<Fields[Name]> };
  };
}

/** An array, or as many fields of one type: each is a field of its own. Passed over. */
export function times(repeats: number, read: Reader<unknown>): Reader<void> {
  return (from) => {
    for (let index = 0; index < repeats; index++) read(from.field(index));
  };
}

/** A field that stands only in some layouts: `otherwise`, and nothing read, where it does not. */
export function present<T, const Else>(there: boolean, read: Reader<T>, otherwise: Else): Reader<T | Else> {
  return there ? read : () => otherwise;
}
