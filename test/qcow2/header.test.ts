import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backingFormat, readHeader } from '../../lib/qcow2/header.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { headerOf, readBuffer } from './in-memory.js';

const test = suite('qcow2 header');

test('every field of a version 3 header is read', async () => {
  const file = buildQcow2({
    virtualSize: 10 * 2 ** 30,
    clusterBits: 12,
    refcountOrder: 5,
    incompatible: 9n,
    compatible: 1n,
    autoclear: 2n ** 63n,
    compressionType: 1,
    cryptMethod: 2,
    backing: { name: '/b/base.qcow2', format: 'raw' },
  });
  const { extensions, ...header } = await headerOf(file);
  assert.equal(header, {
    version: 3,
    clusterBits: 12,
    virtualSize: 10737418240n,
    cryptMethod: 2,
    l1Size: 5120,
    l1TableOffset: 12288n,
    refcountTableOffset: 4096n,
    refcountTableClusters: 1,
    snapshotCount: 0,
    snapshotsOffset: 0n,
    incompatible: 9n,
    compatible: 1n,
    autoclear: 2n ** 63n,
    refcountOrder: 5,
    headerLength: 112,
    compressionType: 1,
    backing: { offset: 136n, size: 13, name: Buffer.from('/b/base.qcow2') },
    extensionsProblem: null,
    extensionsEnded: true,
    fileSize: file.length,
  });
  assert.equal(
    extensions.map(({ name, text }) => [name, text]),
    [['backing-format', 'raw']],
  );
});

test('the table of internal snapshots stands where the header says, by all its bytes', async () => {
  const file = buildQcow2({ virtualSize: 2 ** 20 });
  file.writeUInt32BE(0x01020304, 60);
  file.writeBigUInt64BE(0x05060708_090a0b0cn, 64);
  const { snapshotCount, snapshotsOffset } = await headerOf(file);
  assert.equal([snapshotCount, snapshotsOffset], [0x01020304, 0x05060708_090a0b0cn]);
});

test('an extension ends before the name of the backing file, or it has a problem', async () => {
  const backing = { name: '/b/base.qcow2', format: 'qcow2' };
  const file = buildQcow2({ virtualSize: 2 ** 20, backing });
  assert.is((await headerOf(file)).extensionsProblem, null);
  file.writeUInt32BE(64, 116);
  assert.match((await headerOf(file)).extensionsProblem ?? '', 'past the area');
});

test('a name that the file does not hold to its end is none', async () => {
  const file = buildQcow2({ virtualSize: 2 ** 20, backing: { name: '/b/base.qcow2' } });
  const { backing } = await headerOf(file);
  assert.ok(backing?.name);
  const end = Number(backing?.offset) + 13;
  assert.is.not((await headerOf(file.subarray(0, end))).backing?.name, null);
  assert.is((await headerOf(file.subarray(0, end - 1))).backing?.name, null);
});

test('clusters of 2 MiB are read, and of 4 MiB are not', async () => {
  const file = buildQcow2({ virtualSize: 2 ** 20, backing: { name: '/b/base.qcow2' } });
  const whole = Buffer.concat([file, Buffer.alloc(2 ** 22)]);
  whole.writeUInt32BE(21, 20);
  assert.is.not((await headerOf(whole)).backing?.name, null);
  whole.writeUInt32BE(22, 20);
  assert.is((await headerOf(whole)).backing?.name, null);
});

test('version 2 has none of the later fields, whatever stands there', async () => {
  const header = await headerOf(buildQcow2({ virtualSize: 2 ** 20, version: 2, backing: { name: '/b' } }));
  assert.equal(
    [header.incompatible, header.refcountOrder, header.headerLength, header.compressionType],
    [0n, 4, 72, null],
  );
  assert.is(backingFormat(header), 'qcow2');
});

test('a header of 104 bytes has no compression type', async () => {
  const file = buildQcow2({ virtualSize: 2 ** 20, compressionType: 1 });
  file.writeUInt32BE(104, 100);
  assert.is((await headerOf(file)).compressionType, null);
});

test('a file without the magic is no qcow2, and its first bytes are told', async () => {
  for (const bytes of ['', 'QFI', 'KDMV rest of a disk image']) {
    const facts = await readHeader(readBuffer(Buffer.from(bytes)), bytes.length);
    assert.is(facts.kind, 'not-qcow2');
    if (facts.kind === 'not-qcow2') assert.is(facts.firstBytes.toString(), bytes.slice(0, 16));
  }
});

test('112 bytes are a header, 111 are not', async () => {
  const file = buildQcow2({ virtualSize: 2 ** 20 });
  const cut = async (length: number) => readHeader(readBuffer(file.subarray(0, length)), length);
  assert.equal(await cut(111), { kind: 'truncated', bytes: 111 });
  assert.equal(await cut(4), { kind: 'truncated', bytes: 4 });
  assert.is((await cut(112)).kind, 'qcow2');
});

test('a backing name is read from the first cluster only, and up to 1023 bytes', async () => {
  const withField = async (offset: bigint, size: number) => {
    const file = buildQcow2({ virtualSize: 2 ** 20 });
    file.writeBigUInt64BE(offset, 8);
    file.writeUInt32BE(size, 16);
    return (await headerOf(file)).backing;
  };
  assert.is((await withField(64512n, 1023))?.name?.length, 1023);
  assert.is((await withField(64513n, 1023))?.name?.length, 1023);
  assert.is((await withField(64514n, 1023))?.name, null);
  assert.is((await withField(512n, 1024))?.name, null);
  assert.is((await withField(2n ** 64n - 1n, 1))?.name, null);
  assert.is((await withField(512n, 0))?.name, null);
  assert.equal(await withField(0n, 7), { offset: 0n, size: 7, name: null });
  assert.is(await withField(0n, 0), null);
});

test('no more than the first cluster is read, and never more than 2 MiB', async () => {
  const file = buildQcow2({ virtualSize: 2 ** 20, clusterBits: 9 });
  const lengths: number[] = [];
  const read = async (offset: number, length: number) => {
    lengths.push(offset + length);
    return Buffer.from(file.subarray(offset, offset + length));
  };
  await readHeader(read, file.length);
  assert.equal(lengths, [112, 512]);
  lengths.length = 0;
  file.writeUInt32BE(63, 20);
  await readHeader(read, file.length);
  assert.equal(lengths, [112]);
});

test('what fails to read is thrown, not taken for an end', async () => {
  const failure = new Error('EIO');
  try {
    await readHeader(async () => Promise.reject(failure), 65536);
    assert.unreachable();
  } catch (error) {
    assert.is(error, failure);
  }
});

test.run();
