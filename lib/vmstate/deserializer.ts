import type { Cursor } from './cursor.js';

/** Bytes of a number. */
export type Width = 1 | 2 | 4 | 8;

/**
 * What serde asks of a codec: a value of a certain type, in the order in which Firecracker's own types ask for them. After
 * a problem every answer is zero or empty, and no list goes on.
 */
export interface Deserializer {
  /** Where the problem is noted. */
  readonly cursor: Cursor;
  u8(): number;
  u16(): number;
  u32(): number;
  u64(): bigint;
  bool(): boolean;
  string(): string;
  /** A list of numbers of one width, passed over; how many there were. */
  numbers(width: Width): number;
  /** Calls `item` for each item of a list; how many there were. */
  list(item: (from: Deserializer, index: number) => void): number;
  /** What holds the value of an Option; null for None. */
  option(): Deserializer | null;
  /** The place of an enum's variant, below `variants`, and what holds its data. */
  variant(variants: number): { readonly index: number; readonly data: Deserializer };
  /** What holds a field of a struct; to be asked for in order. */
  field(index: number): Deserializer;
}
