/** The bytes of the first four tests were written by bitcode 0.6.9 itself. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bitcode } from '../../lib/vmstate/bitcode.js';
import { cursorAt, describe, remaining } from '../../lib/vmstate/cursor.js';
import { MAX_LISTED_ITEMS, MAX_STRING_BYTES } from '../../lib/vmstate/limits.js';
import {
  bool,
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
import { encodeBitcode } from '../builders/bitcode.js';
import * as write from '../builders/serde-value.js';

const test = suite('vmstate bitcode');

function read<T>(reader: Reader<T>, bytes: string | Buffer): { value: T; problem: string | null; left: number } {
  const cursor = cursorAt(typeof bytes === 'string' ? Buffer.from(bytes, 'hex') : bytes, 0);
  const value = reader(bitcode(cursor));
  return { value, problem: cursor.problem === null ? null : describe(cursor.problem), left: remaining(cursor) };
}

function equal<T>(reader: Reader<T>, hex: string, expected: unknown): void {
  assert.equal(read(reader, hex), { value: expected, problem: null, left: 0 });
}

test('bytes are read in each of their packings', () => {
  equal(vector(u8), '0207c8', [7, 200]);
  equal(vector(u8), '03000102c8', [1, 2, 200]);
  equal(vector(u8), '0302f102', [1, 15, 2]);
  equal(vector(u8), '04048902', [5, 4, 3, 2]);
  equal(vector(u8), '05061b03', [3, 2, 1, 0, 3]);
  equal(vector(u8), '06088c02', [2, 1, 0, 2, 1, 2]);
  equal(vector(u8), '090a0d01', [1, 0, 1, 1, 0, 0, 0, 0, 1]);
  equal(vector(u8), '0701c910325406', [201, 202, 203, 204, 205, 206, 207]);
});

test('wider numbers are read in each of theirs', () => {
  equal(vector(u16), '010102', [513]);
  equal(vector(u16), '02000100ffff', [1, 65_535]);
  equal(vector(u16), '03020001ff03', [1, 255, 3]);
  equal(vector(u16), '0700e803e903ea03eb03ec03ed031405', [1000, 1001, 1002, 1003, 1004, 1005, 1300]);
  equal(vector(u32), '02020100ffff', [1, 65_535]);
  equal(
    vector(u32),
    '060100286bee000001000200030004002c01',
    [0, 1, 2, 3, 4, 300].map((more) => 4e9 + more),
  );
  equal(vector(u64), '02000100000000000000ffffffffffffffff', [1n, 2n ** 64n - 1n]);
  equal(vector(u64), '020201000000ffffffff', [1n, 2n ** 32n - 1n]);
  equal(vector(u64), '02040100ffff', [1n, 65_535n]);
  equal(vector(u64), '03060639', [1n, 2n, 3n]);
  const most = 2n ** 64n;
  equal(vector(u64), '0605faffffffffffffff044ecf', [most - 6n, most - 5n, most - 4n, most - 3n, most - 2n, most - 1n]);
});

test('bools, strings, options and enums are read', () => {
  equal(vector(bool), '090d01', [true, false, true, true, false, false, false, false, true]);
  equal(vector(string), '03081361c3bc', ['a', '', 'ü']);
  equal(string, `ff042c01${'78'.repeat(300)}`, 'x'.repeat(300));
  equal(vector(option(u32)), '040a0a040506', [null, 5, null, 6]);
  const nothing: Reader<null> = () => null;
  equal(vector(tagged(nothing, u32, struct({ x: u8 }))), '04083004090803', [null, 9, { x: 3 }, 8]);
});

test('a column stands where it was first asked for: behind the later fields of a struct that had no use for it', () => {
  const late = vector(struct({ a: vector(u8), b: option(u16), c: string }));
  equal(late, '02000200010101707101020300', [
    { a: [], b: null, c: 'p' },
    { a: [1, 2], b: 3, c: 'q' },
  ]);
});

test('numbers that are passed over leave the next ones in their place', () => {
  const value = write.list([1, 2, 3], (each) =>
    write.struct(write.list(Array(each).fill(each), write.u32), write.u8(each)),
  );
  const passing = vector(struct({ passed: numbers(4), kept: u8 }));
  assert.equal(read(passing, encodeBitcode(value)), {
    value: [1, 2, 3].map((each) => ({ passed: each, kept: each })),
    problem: null,
    left: 0,
  });
});

test('a packing that there is not is a problem', () => {
  for (const how of [11, 12, 255]) {
    assert.is(read(vector(u8), Buffer.from([3, how, 0, 0, 0, 0])).problem, `[0]: ${how} is no packing of bytes`);
  }
  assert.match(
    read(vector(u64), Buffer.from([2, 7, ...Array(20).fill(0)])).problem ?? '',
    '7 is no packing of numbers of 8',
  );
  assert.match(
    read(vector(u32), Buffer.from([2, 5, ...Array(20).fill(0)])).problem ?? '',
    '5 is no packing of numbers of 4',
  );
  assert.match(
    read(vector(u16), Buffer.from([2, 3, ...Array(20).fill(0)])).problem ?? '',
    '3 is no packing of numbers of 2',
  );
});

test('a column that is cut is a problem, and so is a string', () => {
  assert.match(read(vector(u8), '030001').problem ?? '', 'are read where');
  assert.match(read(u64, '00010203').problem ?? '', '8 bytes are read where 3 are left');
  assert.match(read(string, '0561').problem ?? '', '5 bytes are read where 1 are left');
  assert.match(read(vector(bool), '09ff').problem ?? '', '2 bytes are read where 1 are left');
});

test('an Option is 0 or 1, a variant one of those there are', () => {
  assert.is(read(option(u8), '0205').problem, '2 is no Option');
  assert.is(read(enumeration('a', 'b'), '02').problem, '2 is none of 2 variants');
});

test('a string is UTF-8 by itself, not only together with the next', () => {
  assert.match(read(vector(string), `020101c3bc`).problem ?? '', 'a string that is not UTF-8');
  assert.match(read(string, `01ff`).problem ?? '', 'a string that is not UTF-8');
});

test('a string has 65,536 bytes and no more', () => {
  const longest = read(string, encodeBitcode(write.text('x'.repeat(MAX_STRING_BYTES))));
  assert.is(longest.value.length, MAX_STRING_BYTES);
  const longer = read(string, encodeBitcode(write.text('x'.repeat(MAX_STRING_BYTES + 1))));
  assert.match(longer.problem ?? '', 'a string of 65537 bytes');
});

test('lists that claim more items than a state has are not read', () => {
  const claiming = (length: bigint) => {
    const bytes = Buffer.alloc(10);
    bytes.writeUInt8(255, 0);
    bytes.writeBigUInt64LE(length, 2);
    return Buffer.concat([bytes, Buffer.alloc(100)]);
  };
  for (const length of [BigInt(MAX_LISTED_ITEMS) + 1n, 1n << 53n, 1n << 63n, 2n ** 64n - 1n]) {
    assert.match(read(count(bool), claiming(length)).problem ?? '', `lists of ${length} items`);
    assert.match(read(numbers(1), claiming(length)).problem ?? '', `lists of ${length} items`);
  }
  assert.match(read(count(bool), claiming(BigInt(MAX_LISTED_ITEMS))).problem ?? '', 'are read where 100 are left');
});

test('the items of all lists are counted together', () => {
  const half = MAX_LISTED_ITEMS / 2 + 1;
  const lists = struct({ first: count(bool), second: count(bool) });
  const one = Buffer.concat([Buffer.from([255, 2]), Buffer.alloc(4), Buffer.alloc(Math.ceil(half / 8))]);
  one.writeUInt32LE(half, 2);
  assert.match(read(lists, Buffer.concat([one, one])).problem ?? '', `second: lists of ${half} items`);
});

test.run();
