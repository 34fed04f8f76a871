import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseExtensions } from '../../lib/qcow2/extensions.js';
import { MAX_EXTENSION_TEXT_BYTES, MAX_EXTENSIONS, MAX_FEATURE_NAMES } from '../../lib/qcow2/limits.js';

const test = suite('qcow2 header extensions');

function extension(type: number, data: string | Buffer, length = data.length): Buffer {
  const bytes = Buffer.alloc(8 + Math.ceil(data.length / 8) * 8);
  bytes.writeUInt32BE(type, 0);
  bytes.writeUInt32BE(length, 4);
  bytes.set(Buffer.from(data), 8);
  return bytes;
}

const end = Buffer.alloc(8);

function parse(...parts: Buffer[]) {
  const area = Buffer.concat(parts);
  return parseExtensions(area, 0, area.length);
}

test('an extension that the file does not hold to its end is a problem, in its head and in its data', () => {
  const area = extension(0x1234, Buffer.alloc(16));
  assert.is(parseExtensions(area, 0, area.length).problem, null);
  for (let there = 1; there < area.length; there++) {
    assert.match(
      parseExtensions(area.subarray(0, there), 0, area.length).problem ?? '',
      'the file ends inside',
      String(there),
    );
    assert.match(parseExtensions(area, 0, there).problem ?? '', "past the area's end", String(there));
  }
});

test('the fields of bitmaps are read from 24 bytes or none, by all their bytes', () => {
  const bitmaps = Buffer.from(Array.from({ length: 24 }, (_, index) => index + 1));
  assert.equal(parse(extension(0x23852875, bitmaps)).extensions[0]?.bitmaps, {
    count: 0x01020304,
    reserved: 0x05060708,
    directorySize: 0x090a0b0c_0d0e0f10n,
    directoryOffset: 0x11121314_15161718n,
  });
  assert.is(parse(extension(0x23852875, bitmaps.subarray(0, 23))).extensions[0]?.bitmaps, null);
  assert.is(parse(extension(0x1234, bitmaps)).extensions[0]?.bitmaps, null);
});

test('each type is decoded, and an unknown one is named by its number', () => {
  const features = Buffer.alloc(96);
  features.write('\0\0dirty bit', 0);
  features.write('\x02\x3fx'.padEnd(48, 'y'), 48);
  const bitmaps = Buffer.alloc(24);
  bitmaps.writeUInt32BE(3, 0);
  bitmaps.writeBigUInt64BE(64n, 8);
  bitmaps.writeBigUInt64BE(65536n, 16);
  const { extensions, problem } = parse(
    extension(0xe2792aca, 'qcow2'),
    extension(0x44415441, '/data'),
    extension(0x6803f857, features),
    extension(0x23852875, bitmaps),
    extension(0x1234, 'abc'),
    end,
  );
  assert.is(problem, null);
  assert.equal(
    extensions.map(({ name, offset, length, text }) => [name, offset, length, text]),
    [
      ['backing-format', 8, 5, 'qcow2'],
      ['external-data-file', 24, 5, '/data'],
      ['feature-names', 40, 96, null],
      ['bitmaps', 144, 24, null],
      ['unknown-00001234', 176, 3, null],
    ],
  );
  assert.equal(extensions[2]?.features, [
    { kind: 'incompatible', bit: 0, name: 'dirty bit' },
    { kind: 'autoclear', bit: 63, name: `x${'y'.repeat(45)}` },
  ]);
  assert.equal(extensions[3]?.bitmaps, { count: 3, reserved: 0, directorySize: 64n, directoryOffset: 65536n });
});

test('an extension of encryption is told by its name', () => {
  assert.is(parse(extension(0x0537be77, Buffer.alloc(16))).extensions[0]?.name, 'encryption');
});

function feature(kind: number, bit: number, name: string): Buffer {
  const entry = Buffer.alloc(48);
  entry.set([kind, bit]);
  entry.write(name, 2);
  return entry;
}

const featuresIn = (data: Buffer) => parse(extension(0x6803f857, data)).extensions[0]?.features;

test('a table of feature names is read in whole entries, whose names may fill them', () => {
  const entries = [
    feature(0, 1, 'a'.repeat(46)),
    feature(1, 2, 'lazy'),
    feature(2, 3, 'bitmaps'),
    feature(3, 4, 'kind without a name'),
  ];
  const read = [
    { kind: 'incompatible', bit: 1, name: 'a'.repeat(46) },
    { kind: 'compatible', bit: 2, name: 'lazy' },
    { kind: 'autoclear', bit: 3, name: 'bitmaps' },
    { kind: 'unknown', bit: 4, name: 'kind without a name' },
  ];
  assert.equal(featuresIn(Buffer.concat(entries)), read);
  assert.equal(featuresIn(Buffer.concat(entries).subarray(0, 4 * 48 - 1)), read.slice(0, 3));
});

test('as many feature names as there are bits are kept, and of a text its first 4096 bytes', () => {
  const many = Buffer.concat(Array.from({ length: MAX_FEATURE_NAMES + 1 }, (_, at) => feature(0, at % 64, 'x')));
  assert.is(featuresIn(many)?.length, MAX_FEATURE_NAMES);
  const text = parse(extension(0x44415441, 'x'.repeat(MAX_EXTENSION_TEXT_BYTES + 1))).extensions[0]?.text;
  assert.is(text?.length, MAX_EXTENSION_TEXT_BYTES);
  const other = parse(extension(0x1234, Buffer.concat([feature(0, 1, 'x')]))).extensions[0];
  assert.equal([other?.text, other?.features], [null, null]);
});

test('nothing after the end marker is read', () => {
  assert.equal(parse(end, extension(0xe2792aca, 'raw')).extensions, []);
});

test('an area without an end marker ends at its end', () => {
  assert.is(parse(extension(1, '12345678')).problem, null);
});

test('a length that reaches the end of the area is read, one more byte is a problem', () => {
  assert.is(parse(extension(1, '12345678', 8)).problem, null);
  assert.match(parse(extension(1, '12345678', 9)).problem ?? '', '9 bytes, past');
  assert.match(parse(extension(1, '12345678', 0xffffffff)).problem ?? '', 'past');
});

test('the end marker has a length too, as QEMU reads it', () => {
  assert.match(parse(extension(0, '', 1)).problem ?? '', 'past');
});

test('an extension that begins in the last bytes of the area is a problem', () => {
  assert.match(parse(extension(1, '12345678'), Buffer.alloc(4)).problem ?? '', 'reaches past');
});

test('a file that ends inside the area is a problem', () => {
  const area = extension(1, '12345678');
  assert.match(parseExtensions(area.subarray(0, 12), 0, 64).problem ?? '', 'file ends');
  assert.match(parseExtensions(area, 0, 64).problem ?? '', 'file ends');
});

test('an area that begins behind its end holds nothing', () => {
  assert.equal(parseExtensions(end, 4_294_967_288, 8), { extensions: [], problem: null, ended: false });
});

test('whether an end marker stands before the end of the area is told', () => {
  assert.is(parse(extension(1, '12345678'), end).ended, true);
  assert.is(parse(extension(1, '12345678')).ended, false);
  assert.is(parse(extension(1, '12345678')).problem, null);
});

test('as many extensions as the limit allows are kept, and no more', () => {
  const many = (count: number) => parse(...Array.from({ length: count }, () => extension(7, '')), end);
  assert.is(many(MAX_EXTENSIONS).problem, null);
  assert.is(many(MAX_EXTENSIONS + 1).extensions.length, MAX_EXTENSIONS);
  assert.match(many(MAX_EXTENSIONS + 1).problem ?? '', 'more than');
});

test.run();
