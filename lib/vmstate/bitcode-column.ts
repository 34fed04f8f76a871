/**
 * How bitcode 0.6.9 packs the values of one field (src/pack.rs, src/pack_ints.rs there): a byte says how, then perhaps the
 * least of them, which all of them have been lessened by, then the values.
 */
import { type Cursor, fail, take } from './cursor.js';

/** The values of a field, by the order in which they were written. */
export type Column<T> = (index: number) => T;

/** By the halved byte that says how: how many values a digit can have, and how many digits stand in a byte. */
const bytePackings = [
  { states: 256, perByte: 1 },
  { states: 16, perByte: 2 },
  { states: 6, perByte: 3 },
  { states: 4, perByte: 4 },
  { states: 3, perByte: 5 },
  { states: 2, perByte: 8 },
] as const;

/** unpack_bools: a bit for each. */
export function boolColumn(cursor: Cursor, length: number): Column<boolean> {
  const digit = digits(cursor, length, 2, 8);
  return (index) => digit(index) === 1;
}

/** unpack_bytes; two and fewer are not packed. */
export function byteColumn(cursor: Cursor, length: number): Column<number> {
  if (length <= 2) return digits(cursor, length, 256, 1);
  const at = cursor.at;
  const how = little(cursor, 1);
  const packing = bytePackings[Math.ceil(Number(how) / 2)];
  if (packing === undefined) {
    fail(cursor, at, `${how} is no packing of bytes`);
    return () => 0;
  }
  const least = Number(how % 2n === 1n ? little(cursor, 1) : 0n);
  const digit = digits(cursor, length, packing.states, packing.perByte);
  return (index) => (digit(index) + least) & 0xff;
}

/** unpack_ints, for numbers of two, four or eight bytes; a single one of two bytes is not packed. */
export function intColumn(cursor: Cursor, length: number, width: 2 | 4 | 8): Column<bigint> {
  if (length === 0 || (width === 2 && length === 1)) return wholes(cursor, length, width);
  const at = cursor.at;
  const how = little(cursor, 1);
  const packed = width / 2 ** Math.ceil(Number(how) / 2);
  if (packed < 1) {
    fail(cursor, at, `${how} is no packing of numbers of ${width} bytes`);
    return () => 0n;
  }
  const least = how % 2n === 1n ? little(cursor, width) : 0n;
  const value = packed === 1 ? bigBytes(cursor, length) : wholes(cursor, length, packed);
  return (index) => BigInt.asUintN(8 * width, value(index) + least);
}

function bigBytes(cursor: Cursor, length: number): Column<bigint> {
  const byte = byteColumn(cursor, length);
  return (index) => BigInt(byte(index));
}

/** Several digits in a byte, the first one of the lowest value. */
function digits(cursor: Cursor, length: number, states: number, perByte: number): Column<number> {
  const start = take(cursor, Math.ceil(length / perByte));
  if (start === null) return () => 0;
  return (index) => {
    const byte = cursor.bytes[start + Math.floor(index / perByte)] ?? 0;
    return Math.floor(byte / states ** (index % perByte)) % states;
  };
}

function wholes(cursor: Cursor, length: number, width: number): Column<bigint> {
  const start = take(cursor, length * width);
  if (start === null) return () => 0n;
  return (index) => littleAt(cursor.bytes, start + index * width, width);
}

function little(cursor: Cursor, width: number): bigint {
  const at = take(cursor, width);
  return at === null ? 0n : littleAt(cursor.bytes, at, width);
}

function littleAt(bytes: Buffer, at: number, width: number): bigint {
  return width === 8 ? bytes.readBigUInt64LE(at) : BigInt(bytes.readUIntLE(at, width));
}
