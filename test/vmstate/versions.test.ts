import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readVmState, type VmStateRead } from '../../lib/vmstate/read-vmstate.js';
import { SNAPSHOT_VERSIONS } from '../../lib/vmstate/versions.js';
import { join, text, u8, u64 } from '../builders/bincode.js';
import { buildVmState, MAGIC_AARCH64, MAGIC_X86_64, withCrc } from '../builders/vmstate.js';
import { fixture, ok, problemOf } from './fixture.js';

const test = suite('vmstate versions');

function unsupported(file: Buffer): Extract<VmStateRead, { kind: 'unsupported' }> {
  const read = readVmState(file);
  if (read.kind !== 'unsupported') throw new Error(`it is ${read.kind}`);
  return read;
}

/** As Firecracker 1.15 and later begin a file: seen in what bitcode 0.6.9 makes of the header. */
const packedHeader = (version: string, magic = MAGIC_X86_64) =>
  join(u8(0), u64(magic), u8(version.length), Buffer.from(version));

test('the versions of 1.12, 1.13 and 1.14 are decoded, each by its layout', () => {
  assert.equal(
    (['1.12', '1.13', '1.14'] as const).map((layout) => ok(buildVmState({ layout })).layout),
    ['1.12', '1.13', '1.14'],
  );
});

test('a state is of one layout, whatever memory it has and however many interrupts are taken', () => {
  const gib = (count: number) => BigInt(count) << 30n;
  // As Firecracker lays memory out: around 1 GiB of devices below 4 GiB, and around 256 GiB of them from 256 GiB on.
  const layouts = [
    [{ base: 0n, size: 1n << 20n }],
    [{ base: 0n, size: gib(3) }],
    ...[1n << 20n, gib(1), gib(4), gib(5), gib(252)].map((size) => [
      { base: 0n, size: gib(3) },
      { base: gib(4), size },
    ]),
    [
      { base: 0n, size: gib(3) },
      { base: gib(4), size: gib(252) },
      { base: gib(512), size: gib(8) },
    ],
  ];
  for (const regions of layouts) {
    for (const nextInterrupt of [6, 23, null]) {
      for (const layout of ['1.13', '1.14'] as const) {
        assert.is(ok(buildVmState({ layout, regions, nextInterrupt })).layout, layout);
      }
    }
  }
});

test('each release writes one version', () => {
  const releases = SNAPSHOT_VERSIONS.flatMap((written) => written.releases);
  assert.is(new Set(releases).size, releases.length);
});

test('a version that no release writes is unsupported, however near it is', () => {
  for (const version of ['7.0.0', '8.0.1', '8.1.0', '11.0.0', '999999999.0.0']) {
    const { reason } = unsupported(buildVmState({ version }));
    assert.match(reason, `snapshot version ${version} `);
    assert.match(reason, 'no known release');
  }
});

test('a version of an older release is unsupported, and the releases are named', () => {
  const read = unsupported(buildVmState({ version: '3.0.0' }));
  assert.equal(read.version, { major: 3, minor: 0, patch: 0 });
  assert.match(read.reason, 'Firecracker 1.9.0, 1.9.1, 1.10.0');
});

test('a state written by bitcode is unsupported, and its version is told', () => {
  const read = unsupported(withCrc(join(packedHeader('10.0.0'), Buffer.alloc(500, 7))));
  assert.equal(read.version, { major: 10, minor: 0, patch: 0 });
  assert.match(read.reason, 'bitcode; Firecracker 1.16.0, 1.16.1');
});

test('a state by bitcode of a version that bincode wrote is unsupported, too', () => {
  assert.match(unsupported(withCrc(packedHeader('8.0.0'))).reason, 'bitcode');
});

test('a state of aarch64 is unsupported, by its magic', () => {
  const file = buildVmState();
  file.writeBigUInt64LE(MAGIC_AARCH64, 0);
  assert.match(unsupported(withCrc(file.subarray(0, file.length - 8))).reason, 'aarch64');
  assert.match(unsupported(withCrc(packedHeader('10.0.0', MAGIC_AARCH64))).reason, 'aarch64');
});

test('what is no MAJOR.MINOR.PATCH is malformed', () => {
  for (const version of ['', '8', '8.0', '8.0.0.0', '08.0.0', '8.0.0-rc.1', '8.0.0+x', ' 8.0.0', '8.0.0\n', '-8.0.0']) {
    assert.is(problemOf(buildVmState({ version })), 'it names no snapshot version');
    assert.is(problemOf(withCrc(packedHeader(version))), 'it names no snapshot version');
  }
});

test('a version of 2^63 bytes is malformed, and so is one that is cut', () => {
  assert.is(
    problemOf(withCrc(join(u64(MAGIC_X86_64), u64(1n << 63n), Buffer.from('8.0.0')))),
    'it names no snapshot version',
  );
  assert.is(problemOf(withCrc(u64(MAGIC_X86_64))), 'it names no snapshot version');
  assert.is(
    problemOf(withCrc(join(u8(0), u64(MAGIC_X86_64), u8(200), Buffer.from('8.0.0')))),
    'it names no snapshot version',
  );
  assert.is(problemOf(withCrc(join(u8(0), u64(MAGIC_X86_64)))), 'it names no snapshot version');
});

test('another magic is malformed, though its CRC is right', () => {
  const reason = 'it does not begin with the magic of a Firecracker snapshot';
  assert.is(problemOf(withCrc(join(u64(MAGIC_X86_64 + 1n), text('8.0.0')))), reason);
  assert.is(problemOf(withCrc(join(u8(1), u64(MAGIC_X86_64)))), reason);
  assert.is(problemOf(Buffer.alloc(4096)), reason);
  assert.is(problemOf(Buffer.alloc(8)), reason);
});

test('a flipped bit in the version is damage, not another version', () => {
  const file = fixture('cocoon-1.14');
  file.writeUInt8(file.readUInt8(16) ^ 1, 16);
  assert.match(problemOf(file), 'CRC-64');
});

test.run();
