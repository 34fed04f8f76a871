import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { crc64 } from '../../lib/vmstate/crc64.js';
import { eightBytes } from '../builders/bincode.js';

const test = suite('vmstate crc64');

test('it has the check value of CRC-64 with the polynomial of Jones', () => {
  assert.is(crc64(Buffer.from('123456789')), 0xe9c6d914c4b8d9can);
});

test("it has the value of Firecracker's own test", () => {
  assert.is(crc64(Buffer.alloc(16, 123)), 0x29d5_3572_1632_6566n);
});

test('of nothing, and of zeros alone, it is 0', () => {
  assert.is(crc64(Buffer.alloc(0)), 0n);
  assert.is(crc64(Buffer.alloc(100)), 0n);
});

test('over bytes and their CRC it is 0, as Firecracker checks it', () => {
  const bytes = Buffer.from('any bytes at all');
  assert.is(crc64(Buffer.concat([bytes, eightBytes(crc64(bytes))])), 0n);
});

test.run();
