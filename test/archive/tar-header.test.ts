import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTarHeader } from '../../lib/archive/tar-header.js';
import { headerBlock, writeSum } from '../builders/archive.js';
import { refusalOf } from './every-way.js';

const test = suite('a tar header');

const file = { name: 'cow.raw', content: 'x' };

/** Why an archive is refused whose second header was changed, with a sum that is right. */
const refusedWith = (header: (block: Buffer) => void) => refusalOf({ ...file, header });

test('it says name, mode and size', () => {
  const block = headerBlock({ name: 'cow.raw', mode: 0o600, size: 0o77777777777 });
  assert.equal(readTarHeader(block), { kind: 'file', name: 'cow.raw', mode: 0o600, size: 8_589_934_591 });
  const full = headerBlock({ name: 'n'.repeat(100), size: 0 });
  assert.is(readTarHeader(full).name, 'n'.repeat(100));
  assert.is(readTarHeader(headerBlock({ name: 'x', type: 'x', size: 7 })).kind, 'records');
});

test('its sum is right, and written in the one way', async () => {
  const damaged = 'a header is damaged, or there is none';
  const spelled = (spelling: (sum: string) => string) => (block: Buffer) => {
    block.write(spelling(block.toString('latin1', 148, 154)), 148, 'latin1');
  };
  for (const afterSum of [
    (block: Buffer) => void block.writeUInt8(block.readUInt8(0) ^ 1, 0),
    spelled((sum) => `${sum}  `),
    spelled((sum) => ` ${sum.slice(1)}\0 `),
    spelled((sum) => `0${sum}\0`),
  ]) {
    const block = headerBlock({ name: 'cow.raw', size: 1 });
    afterSum(block);
    assert.throws(
      () => readTarHeader(block),
      (error: Error) => error.message === damaged,
    );
  }
  // The sum of Sun's tar takes bytes for signed ones. Go believes either.
  const block = headerBlock({ name: 'cow.raw', size: 1 });
  block.write('\xe9', 10, 'latin1');
  writeSum(block);
  const sum = Number.parseInt(block.toString('latin1', 148, 154), 8) - 256;
  block.write(sum.toString(8).padStart(6, '0'), 148);
  assert.throws(
    () => readTarHeader(block),
    (error: Error) => error.message === damaged,
  );
});

test('it is of a regular file and nothing else', async () => {
  const words: Record<string, string> = {
    '\0': 'a file of the old kind',
    1: 'a hard link',
    2: 'a symbolic link',
    3: 'a character device',
    4: 'a block device',
    5: 'a directory',
    6: 'a FIFO',
    7: 'a contiguous file',
    g: 'a global PAX header',
    K: "GNU tar's long link name",
    L: "GNU tar's long name",
    S: "GNU tar's sparse file",
    D: 'an entry of an unknown type',
    V: 'an entry of an unknown type',
    X: 'an entry of an unknown type',
  };
  for (const [type, what] of Object.entries(words)) {
    assert.is(await refusalOf({ ...file, type }), `it holds ${what}; cocoon writes regular files`);
  }
  assert.is(await refusalOf(file), null);
});

test('it is of the ustar format: GNU, star and the old one have other fields in the same places', async () => {
  const reason = 'a header is not of the ustar format';
  for (const magic of ['ustar  \0', 'ustar\x00  ', '\0'.repeat(8), 'ustar\x0001']) {
    assert.is(await refusedWith((block) => void block.write(magic, 257, 'latin1')), reason);
  }
  assert.is(
    await refusedWith((block) => void block.write('tar\0', 508, 'latin1')),
    'a header holds a prefix, or fields that cocoon does not write',
  );
});

test('numbers are octal digits up to one NUL', async () => {
  const size = 'the size in a header is not written as cocoon writes it';
  for (const spelling of [
    '          1\0',
    '00000000001 ',
    '0000000001\0\0',
    '000000000001',
    '0000000000x\0',
    '\0'.repeat(12),
  ]) {
    assert.is(await refusedWith((block) => void block.write(spelling, 124, 'latin1')), size, JSON.stringify(spelling));
  }
  // In base 256, as GNU tar has it; Go reads that, too.
  const binary = Buffer.from('800000000000000000000001', 'hex');
  assert.is(await refusedWith((block) => void binary.copy(block, 124)), 'a header holds bytes that are not ASCII');
  for (const [at, what] of [
    [100, 'mode'],
    [108, 'owner'],
    [116, 'group'],
    [136, 'time'],
  ] as const) {
    const reason = `the ${what} in a header is not written as cocoon writes it`;
    assert.is(await refusedWith((block) => void block.write(' ', at)), reason);
  }
  assert.is(await refusedWith((block) => void block.write('7777777', 108)), null);
});

test('the mode has permission bits only: cocoon sets it as it stands there', async () => {
  for (const mode of [0o4755, 0o2644, 0o1644, 0o100644]) {
    assert.is(await refusalOf({ ...file, mode }), 'the mode in a header has more than permission bits');
  }
  assert.is(await refusalOf({ ...file, mode: 0o777 }), null);
});

test('nothing hides behind a string or in a field that cocoon leaves empty', async () => {
  const behind = 'a string in a header has something behind its end';
  const write = (text: string, at: number) => (block: Buffer) => void block.write(text, at, 'latin1');
  assert.is(await refusedWith(write('x', 99)), behind);
  assert.is(await refusedWith(write('\0x', 265)), behind);
  assert.is(await refusedWith(write('\0x', 297)), behind);
  assert.is(await refusedWith(write('root', 265)), null);
  assert.is(await refusedWith(write('x', 157)), 'a header names a link');
  assert.is(await refusedWith(write('0000001', 329)), 'a header names a device');
  assert.is(await refusedWith(write('0000001', 337)), 'a header names a device');
  const prefix = 'a header holds a prefix, or fields that cocoon does not write';
  for (const at of [345, 499, 500, 511]) assert.is(await refusedWith(write('x', at)), prefix, String(at));
  assert.is(await refusedWith(write('\xe9', 265)), 'a header holds bytes that are not ASCII');
});

test.run();
