import { boolColumn, byteColumn, type Column, intColumn } from './bitcode-column.js';
import { type Cursor, fail, take } from './cursor.js';
import type { Deserializer, Width } from './deserializer.js';
import { MAX_LISTED_ITEMS, MAX_STRING_BYTES } from './limits.js';
import { utf8At } from './utf8.js';

/** Items of all lists so far. */
interface Budget {
  items: number;
}

interface Lengths {
  readonly of: Column<number>;
  readonly sum: number;
}

/**
 * bitcode 0.6.9 through serde (src/serde/de.rs there): the values of a field stand together, those of all the items of a
 * list at once, packed. A column is read when serde first asks for one of its values, and so it stands in the file in the
 * order of the first questions; one that is never asked for is not there.
 */
export function bitcode(cursor: Cursor): Deserializer {
  return new Field(cursor, { items: 0 }, 1);
}

/** A field, from its first value to its last. A class, as a state has thousands of them and each has all the methods. */
class Field implements Deserializer {
  private readonly children: Field[] = [];
  private row = 0;
  private bits: Column<boolean> | null = null;
  private bytes: Column<number> | null = null;
  private ints: Column<bigint> | null = null;
  private lengths: Lengths | null = null;
  /** Byte offset of the next string. */
  private text = 0;

  constructor(
    readonly cursor: Cursor,
    private readonly budget: Budget,
    /** How many values it has: one for each struct that it is part of. */
    private readonly rows: number,
  ) {}

  u8(): number {
    return this.next(this.byteValues(), 0);
  }

  u16(): number {
    return Number(this.int(2));
  }

  u32(): number {
    return Number(this.int(4));
  }

  u64(): bigint {
    return this.int(8);
  }

  bool(): boolean {
    this.bits ??= boolColumn(this.cursor, this.rows);
    return this.next(this.bits, false);
  }

  string(): string {
    if (this.lengths === null) this.text = take(this.cursor, this.lengthValues().sum) ?? 0;
    const length = this.next(this.lengthValues().of, 0);
    const at = this.text;
    this.text += length;
    if (length > MAX_STRING_BYTES)
      fail(this.cursor, at, `a string of ${length} bytes, ${MAX_STRING_BYTES} are the limit`);
    return utf8At(this.cursor, at, length);
  }

  numbers(width: Width): number {
    const { of, sum } = this.lengthValues();
    const length = this.next(of, 0);
    if (length > 0) this.child(0, sum).pass(width);
    return length;
  }

  list(item: (from: Deserializer, index: number) => void): number {
    const { of, sum } = this.lengthValues();
    const length = this.next(of, 0);
    if (length === 0) return 0;
    const items = this.child(0, sum);
    for (let index = 0; index < length && this.cursor.problem === null; index++) item(items, index);
    return length;
  }

  option(): Deserializer | null {
    const at = this.cursor.at;
    const value = this.next(this.byteValues(), 0);
    if (value > 1) fail(this.cursor, at, `${value} is no Option`);
    return value === 1 ? this.variantData(1) : null;
  }

  variant(variants: number): { index: number; data: Deserializer } {
    const at = this.cursor.at;
    const value = this.next(this.byteValues(), 0);
    if (value >= variants) fail(this.cursor, at, `${value} is none of ${variants} variants`);
    const index = this.cursor.problem === null ? value : 0;
    return { index, data: this.variantData(index) };
  }

  field(index: number): Deserializer {
    return this.child(index, this.rows);
  }

  private child(index: number, rows: number): Field {
    const there = this.children[index];
    if (there !== undefined) return there;
    const made = new Field(this.cursor, this.budget, rows);
    this.children[index] = made;
    return made;
  }

  /** The data of a variant has a value for each time that the variant was chosen. */
  private variantData(index: number): Field {
    return this.children[index] ?? this.child(index, countOf(this.byteValues(), this.rows, index));
  }

  /** Reads the column, of which no value is needed, so that the next one is found. */
  private pass(width: Width): void {
    if (width === 1) this.byteValues();
    else this.ints ??= intColumn(this.cursor, this.rows, width);
  }

  private int(width: 2 | 4 | 8): bigint {
    this.ints ??= intColumn(this.cursor, this.rows, width);
    return this.next(this.ints, 0n);
  }

  private byteValues(): Column<number> {
    this.bytes ??= byteColumn(this.cursor, this.rows);
    return this.bytes;
  }

  private lengthValues(): Lengths {
    this.lengths ??= readLengths(this.cursor, this.budget, this.rows);
    return this.lengths;
  }

  private next<T>(column: Column<T>, nothing: T): T {
    if (this.row >= this.rows) fail(this.cursor, this.cursor.at, `a field of ${this.rows} values is asked for another`);
    return this.cursor.problem === null ? column(this.row++) : nothing;
  }
}

function countOf(column: Column<number>, rows: number, value: number): number {
  let count = 0;
  for (let row = 0; row < rows; row++) if (column(row) === value) count += 1;
  return count;
}

/** LengthDecoder (src/length.rs there): a byte each, and the long ones, whose byte is 255, as numbers behind them. */
function readLengths(cursor: Cursor, budget: Budget, rows: number): Lengths {
  const at = cursor.at;
  const small = byteColumn(cursor, rows);
  const large = intColumn(cursor, countOf(small, rows, 255), 8);
  let sum = 0n;
  let larges = 0;
  for (let row = 0; row < rows; row++) sum += small(row) === 255 ? large(larges++) : BigInt(small(row));
  if (sum > BigInt(MAX_LISTED_ITEMS - budget.items))
    fail(cursor, at, `lists of ${sum} items, ${MAX_LISTED_ITEMS} are the limit`);
  if (cursor.problem !== null) return { of: () => 0, sum: 0 };
  budget.items += Number(sum);
  let longBefore = 0;
  return { of: (row) => (small(row) === 255 ? Number(large(longBefore++)) : small(row)), sum: Number(sum) };
}
