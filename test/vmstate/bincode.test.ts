import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bincode } from '../../lib/vmstate/bincode.js';
import { cursorAt, describe } from '../../lib/vmstate/cursor.js';
import { MAX_STRING_BYTES } from '../../lib/vmstate/limits.js';
import {
  bool,
  bytes,
  count,
  enumeration,
  numbers,
  option,
  type Reader,
  string,
  struct,
  tagged,
  u8,
  u16,
  u32,
  u64,
  vector,
} from '../../lib/vmstate/serde.js';
import { encodeBincode } from '../builders/bincode.js';
import * as write from '../builders/serde-value.js';

const test = suite('vmstate bincode');

function read<T>(
  reader: Reader<T>,
  ...parts: (Buffer | write.Value)[]
): { value: T; at: number; problem: string | null; offset: number | null } {
  const cursor = cursorAt(Buffer.concat(parts.map((part) => (Buffer.isBuffer(part) ? part : encodeBincode(part)))), 0);
  const value = reader(bincode(cursor));
  const { problem, at } = cursor;
  return { value, at, problem: problem === null ? null : describe(problem), offset: problem?.offset ?? null };
}

test('numbers are read with their lowest byte first', () => {
  const number = struct({ a: u8, b: u16, c: u32, d: u64 });
  const { value, at, problem } = read(
    number,
    write.u8(255),
    write.u16(65534),
    write.u32(0xfffffffd),
    write.u64(2n ** 64n - 4n),
  );
  assert.equal(value, { a: 255, b: 65534, c: 0xfffffffd, d: 2n ** 64n - 4n });
  assert.equal([at, problem], [15, null]);
});

test('a number that is cut is a problem at its first byte', () => {
  assert.equal(read(u64, Buffer.alloc(7)), {
    value: 0n,
    at: 0,
    problem: '8 bytes are read where 7 are left',
    offset: 0,
  });
});

test('a bool and an Option are 0 or 1', () => {
  assert.equal([read(bool, write.u8(0)).value, read(bool, write.u8(1)).value], [false, true]);
  assert.is(read(bool, write.u8(2)).problem, '2 is no bool');
  assert.equal([read(option(u8), write.none).value, read(option(u8), write.some(write.u8(7))).value], [null, 7]);
  assert.is(read(option(u8), write.u8(3), write.u8(7)).problem, '3 is no Option');
});

test('a string is UTF-8 of its own length', () => {
  assert.is(read(string, write.text('/dev/ü')).value, '/dev/ü');
  assert.is(read(string, write.text('')).value, '');
  assert.is(read(string, write.text(Buffer.from([0x2f, 0xff]))).problem, 'a string that is not UTF-8');
  assert.is(read(string, write.text('a\0b')).value, 'a\0b');
});

test('a string has 65,536 bytes and no more, and none that are not there', () => {
  assert.is(read(string, write.text('x'.repeat(MAX_STRING_BYTES))).value.length, MAX_STRING_BYTES);
  assert.match(read(string, write.text('x'.repeat(MAX_STRING_BYTES + 1))).problem ?? '', 'a string of 65537 where');
  assert.match(read(string, write.u64(4), Buffer.from('abc')).problem ?? '', 'a string of 4 where 3 bytes are left');
  assert.match(read(string, write.u64(2n ** 64n - 1n)).problem ?? '', 'a string of 18446744073709551615 where');
});

test('no list is longer than the bytes that are left', () => {
  assert.equal(read(vector(u8), write.list([1, 2, 3], write.u8)).value, [1, 2, 3]);
  for (const reader of [vector(u8), count(u8), numbers(1), bytes]) {
    assert.match(read<unknown>(reader, write.u64(4), Buffer.alloc(3)).problem ?? '', 'of 4 where 3 bytes are left');
    assert.match(read<unknown>(reader, write.u64(1n << 63n), Buffer.alloc(3)).problem ?? '', 'of 9223372036854775808');
  }
});

test('a list of wide items stops at the first that is cut', () => {
  assert.is(read(vector(u64), write.u64(16), Buffer.alloc(17)).problem, '[2]: 8 bytes are read where 1 are left');
  assert.is(read(count(u64), write.u64(16), Buffer.alloc(17)).problem, '[2]: 8 bytes are read where 1 are left');
  assert.is(read(numbers(8), write.u64(16), Buffer.alloc(17)).problem, '128 bytes are read where 17 are left');
});

test('a variant that an enum lacks is a problem', () => {
  const kinds = enumeration('a', 'b');
  assert.equal([read(kinds, write.u32(0)).value, read(kinds, write.u32(1)).value], ['a', 'b']);
  assert.is(read(kinds, write.u32(2)).problem, '2 is none of 2 variants');
  const either = tagged(u8, string);
  assert.equal(
    [read(either, write.u32(0), write.u8(9)).value, read(either, write.u32(1), write.text('x')).value],
    [9, 'x'],
  );
  assert.is(read(either, write.u32(0xffffffff), write.u8(9)).problem, '4294967295 is none of 2 variants');
});

test('a problem names the field, and the first one stays', () => {
  const reader = struct({ drives: vector(struct({ id: string, ready: bool })), end: bool });
  const good = write.struct(write.text('a'), write.bool(true));
  const bad = write.struct(write.text('b'), write.u8(9));
  const { problem, offset } = read(reader, write.u64(2), good, bad, write.u8(8));
  assert.equal([problem, offset], ['drives[1].ready: 9 is no bool', 27]);
});

test.run();
