import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readVmState, type VmStateRead } from '../../lib/vmstate/read-vmstate.js';
import { SNAPSHOT_VERSIONS } from '../../lib/vmstate/versions.js';
import { eightBytes, encodeBincode } from '../builders/bincode.js';
import { struct, text, u64 } from '../builders/serde-value.js';
import { buildVmState, MAGIC_AARCH64, MAGIC_X86_64, withCrc } from '../builders/vmstate.js';
import { layouts } from './every-device.js';
import { fixture, ok, problemOf } from './fixture.js';

const test = suite('vmstate versions');

function unsupported(file: Buffer): Extract<VmStateRead, { kind: 'unsupported' }> {
  const read = readVmState(file);
  if (read.kind !== 'unsupported') throw new Error(`it is ${read.kind}`);
  return read;
}

/** As bincode begins a file. */
const header = (version: string, magic = MAGIC_X86_64) => encodeBincode(struct(u64(magic), text(version)));

/** As bitcode, and so Firecracker 1.15 and later, begins a file. */
const packedHeader = (version: string, magic = MAGIC_X86_64) =>
  Buffer.concat([Buffer.alloc(1), eightBytes(magic), Buffer.from([version.length]), Buffer.from(version)]);

test('what 1.12 to 1.16 write is decoded, each by its layout', () => {
  assert.equal(
    layouts.map((layout) => ok(buildVmState({ layout })).layout),
    layouts,
  );
});

test('a state is of one layout, whatever memory it has and however many interrupts are taken', () => {
  const gib = (count: number) => BigInt(count) << 30n;
  // As Firecracker lays memory out: around 1 GiB of devices below 4 GiB, and around 256 GiB of them from 256 GiB on.
  const memories = [
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
  for (const regions of memories) {
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

test('a version that bitcode writes is unknown where bitcode wrote it, too', () => {
  const read = unsupported(buildVmState({ layout: '1.16', version: '11.0.0' }));
  assert.equal(read.version, { major: 11, minor: 0, patch: 0 });
  assert.match(read.reason, 'written by bitcode; no known release');
});

test('a version belongs to its codec: no release reads it through the other', () => {
  assert.match(unsupported(buildVmState({ layout: '1.15', version: '8.0.0' })).reason, 'written by bitcode');
  assert.match(unsupported(buildVmState({ layout: '1.14', version: '9.0.0' })).reason, 'written by bincode');
});

test('the state of one bitcode release is malformed as that of another', () => {
  assert.is(readVmState(buildVmState({ layout: '1.15', version: '10.0.0' })).kind, 'malformed');
  assert.is(readVmState(buildVmState({ layout: '1.16', version: '9.0.0' })).kind, 'malformed');
});

test('a state of aarch64 is unsupported, by its magic', () => {
  for (const layout of layouts) {
    const { reason } = unsupported(buildVmState({ layout, magic: MAGIC_AARCH64 }));
    assert.match(reason, 'aarch64');
  }
});

test('what is no MAJOR.MINOR.PATCH is malformed', () => {
  for (const version of ['', '8', '8.0', '8.0.0.0', '08.0.0', '8.0.0-rc.1', '8.0.0+x', ' 8.0.0', '8.0.0\n', '-8.0.0']) {
    assert.is(problemOf(buildVmState({ version })), 'it names no snapshot version');
    assert.is(problemOf(withCrc(packedHeader(version))), 'it names no snapshot version');
  }
});

test('a version of 2^63 bytes is malformed, and so is one that is cut', () => {
  const bodies = [
    [eightBytes(MAGIC_X86_64), eightBytes(1n << 63n), Buffer.from('8.0.0')],
    [eightBytes(MAGIC_X86_64)],
    [Buffer.alloc(1), eightBytes(MAGIC_X86_64), Buffer.from([200]), Buffer.from('9.0.0')],
    [Buffer.alloc(1), eightBytes(MAGIC_X86_64)],
  ];
  for (const body of bodies) assert.is(problemOf(withCrc(Buffer.concat(body))), 'it names no snapshot version');
});

test('another magic is malformed, though its CRC is right', () => {
  const reason = 'it does not begin with the magic of a Firecracker snapshot';
  assert.is(problemOf(withCrc(header('8.0.0', MAGIC_X86_64 + 1n))), reason);
  assert.is(problemOf(withCrc(packedHeader('9.0.0', MAGIC_X86_64 + 1n))), reason);
  assert.is(problemOf(Buffer.alloc(4096)), reason);
  assert.is(problemOf(Buffer.alloc(8)), reason);
});

test('a flipped bit in the version is damage, not another version', () => {
  const file = fixture('cocoon-1.14');
  file.writeUInt8(file.readUInt8(16) ^ 1, 16);
  assert.match(problemOf(file), 'CRC-64');
});

test.run();
