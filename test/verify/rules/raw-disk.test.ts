import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeRawDisk, type RawDiskFacts } from '../../../lib/verify/rules/raw-disk.js';

const test = suite('raw-disk');

const size = 67108864n;

function judge(changes: Partial<RawDiskFacts> = {}) {
  return judgeRawDisk({
    path: '/snap/data-d1.raw',
    bytes: size,
    recordBytes: null,
    probedBy: 'Cloud Hypervisor',
    stateBytes: size,
    head: Buffer.alloc(512),
    tail: Buffer.alloc(512),
    ...changes,
  });
}

/** A block of zeros that begins with these bytes. */
function block(...start: readonly (string | Buffer)[]): Buffer {
  const bytes = Buffer.concat(start.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
  return Buffer.concat([bytes, Buffer.alloc(512)]).subarray(0, 512);
}

/** Where Cloud Hypervisor's is_fixed_vhd (block/src/formats/vhd/footer.rs) looks. */
function fixedVhdFooter(): Buffer {
  const footer = block('conectix');
  footer.writeUInt32BE(2, 8);
  footer.writeUInt32BE(0x10000, 12);
  footer.fill(0xff, 16, 24);
  footer.writeUInt32BE(2, 60);
  return footer;
}

test('a raw disk of the size that the guest knows is right', () => {
  assert.equal(judge(), []);
  assert.equal(judge({ stateBytes: null }), []);
});

test('a writable disk that was made larger for a clone, as its record says, is right', () => {
  const bytes = 2n * size;
  assert.equal(judge({ bytes, recordBytes: bytes }), []);
  for (const changes of [
    { bytes, recordBytes: size },
    { bytes, recordBytes: bytes + 1n },
    { bytes: size / 2n, recordBytes: size / 2n },
  ])
    assert.is(judge(changes)[0]?.code, 'raw-size-mismatch');
});

test('a writable disk of another size than its record says is denied, whether or not the guest knows that size', () => {
  for (const changes of [{ recordBytes: size + 1n }, { recordBytes: size - 1n, stateBytes: null }]) {
    const [found, ...others] = judge(changes);
    assert.is(found?.code, 'raw-size-mismatch');
    assert.is(found?.severity, 'error');
    assert.is(found?.expected, `${changes.recordBytes} bytes`);
    assert.is(found?.expectedFrom, 'snapshot record');
    assert.equal(others, []);
  }
  assert.equal(judge({ recordBytes: size, stateBytes: null }), []);
});

test('a raw disk that is short or long by one byte is denied', () => {
  for (const bytes of [size - 1n, size + 1n]) {
    const [found, ...others] = judge({ bytes });
    assert.is(found?.code, 'raw-size-mismatch');
    assert.is(found?.severity, 'error');
    assert.is(found?.subject, '/snap/data-d1.raw');
    assert.is(found?.expected, `${size} bytes`);
    assert.is(found?.expectedFrom, 'state.json');
    assert.is(found?.actual, `${bytes} bytes`);
    assert.equal(others, []);
  }
});

test('an empty raw disk is denied whether or not its size is known', () => {
  const empty = { bytes: 0n, head: Buffer.alloc(0), tail: Buffer.alloc(0) };
  const [unknown] = judge({ ...empty, stateBytes: null });
  assert.is(unknown?.expected, '512 bytes or more');
  assert.is(unknown?.expectedFrom, 'Cloud Hypervisor');
  assert.is(judge({ ...empty, stateBytes: 0n })[0]?.code, 'raw-size-mismatch');
  assert.is(judge(empty)[0]?.expected, `${size} bytes`);
});

test('a disk shorter than a sector is denied, also where the guest knows that size', () => {
  const [found, ...others] = judge({ bytes: 511n, stateBytes: 511n, head: Buffer.alloc(32), tail: Buffer.alloc(511) });
  assert.equal([found?.code, found?.expected, others], ['raw-size-mismatch', '512 bytes or more', []]);
  assert.equal(judge({ bytes: 512n, stateBytes: 512n }), []);
});

const probed: readonly (readonly [string, Partial<RawDiskFacts>])[] = [
  ['qcow2', { head: block('QFI\xfb') }],
  ['VHDX', { head: block('vhdxfile') }],
  ['VMDK descriptor', { head: block('# Disk DescriptorFile\n') }],
  ['fixed VHD', { tail: fixedVhdFooter() }],
];
for (const [name, changes] of probed) {
  test(`a raw disk that Cloud Hypervisor takes for ${name} is denied`, () => {
    const [found, ...others] = judge(changes);
    assert.is(found?.code, 'raw-disk-probed');
    assert.is(found?.severity, 'error');
    assert.is(found?.expected, 'raw');
    assert.is(found?.actual, name);
    assert.equal(others, []);
  });
}

const data: readonly (readonly [string, Buffer])[] = [
  ['a sparse VMDK', block('KDMV')],
  ['a QED image', block('QED\0')],
  ['a dynamic VHD', block('conectix')],
  ['the footer of a fixed VHD', fixedVhdFooter()],
  ['a LUKS volume', block('LUKS\xba\xbe')],
];
for (const [what, head] of data) {
  test(`a raw disk that begins as ${what} is raw to Cloud Hypervisor, which alone opens it`, () => {
    assert.equal(judge({ head }), []);
  });
}

test('a header that differs in its last byte, stands one byte further on, or is cut is no header', () => {
  const nearly = ['QFI\xfa', '\0QFI\xfb', 'vhdxfilf', '\0vhdxfile', '# Disk DescriptorFilf', ' # Disk DescriptorFile'];
  const cut = ['QFI', 'vhdxfil', '# Disk DescriptorFil'].map((text) => Buffer.from(text, 'latin1'));
  for (const head of [...nearly.map((text) => block(text)), ...cut]) assert.equal(judge({ head }), []);
});

const footerFields: readonly (readonly [string, (footer: Buffer) => void])[] = [
  ['another cookie', (footer) => footer.write('conectiy', 0, 'latin1')],
  ['another version', (footer) => footer.writeUInt32BE(0x10001, 12)],
  ['a data offset, as dynamic ones have', (footer) => footer.writeBigUInt64BE(0xffff_ffff_ffff_fffen, 16)],
  ['type 3, dynamic', (footer) => footer.writeUInt32BE(3, 60)],
];
for (const [what, change] of footerFields) {
  test(`a VHD footer with ${what} makes no fixed VHD`, () => {
    const tail = fixedVhdFooter();
    change(tail);
    assert.equal(judge({ tail }), []);
  });
}

test('a footer that is not whole is none', () => {
  assert.equal(judge({ tail: fixedVhdFooter().subarray(0, 511) }), []);
});

test('the header of a qcow2 at the end, or the footer of a VHD in the middle, is data', () => {
  assert.equal(judge({ tail: block('QFI\xfb') }), []);
  assert.equal(judge({ tail: block('\0', 'conectix') }), []);
});

test('a disk that is short and looks like another format is two findings', () => {
  assert.equal(
    judge({ bytes: 512n, head: block('QFI\xfb') }).map(({ code }) => code),
    ['raw-size-mismatch', 'raw-disk-probed'],
  );
});

test.run();
