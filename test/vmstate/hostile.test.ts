import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_TREE_DEPTH, MAX_VMSTATE_BYTES } from '../../lib/vmstate/limits.js';
import { readVmState } from '../../lib/vmstate/read-vmstate.js';
import { eightBytes } from '../builders/bincode.js';
import { buildVmState, repaired, withCrc } from '../builders/vmstate.js';
import { everyDevice, layouts } from './every-device.js';
import { fixture, ok, problemOf, stateOf } from './fixture.js';

const test = suite('vmstate hostile bytes');

const real = fixture('cocoon-1.14');
const built = layouts.map((layout) => buildVmState(everyDevice(layout)));

test('every flipped bit breaks the CRC', () => {
  for (let at = 0; at < real.length; at++) {
    // One bit of each byte; the CRC itself, whose every bit counts, whole.
    for (const bit of at < real.length - 8 ? [at % 8] : [0, 1, 2, 3, 4, 5, 6, 7]) {
      const file = Buffer.from(real);
      file.writeUInt8(file.readUInt8(at) ^ (1 << bit), at);
      assert.match(problemOf(file), 'CRC-64');
    }
  }
});

test('a file that ends anywhere is malformed', () => {
  for (let length = 0; length < 8; length++)
    assert.match(problemOf(real.subarray(0, length)), 'fewer than those of a CRC');
  for (let length = 8; length < real.length; length += 13) assert.match(problemOf(real.subarray(0, length)), 'CRC-64');
});

test('a state that ends anywhere is malformed, though its CRC is right', () => {
  for (const file of [real, ...built]) {
    const body = file.subarray(0, file.length - 8);
    for (let length = 0; length < body.length; length += 29) {
      assert.is(readVmState(withCrc(body.subarray(0, length))).kind, 'malformed');
    }
  }
});

test('a byte behind the state is malformed, as Firecracker would ignore it', () => {
  for (const layout of layouts) {
    const file = buildVmState({ layout, behind: Buffer.alloc(1) });
    const read = readVmState(file);
    assert.equal(read, {
      kind: 'malformed',
      offset: file.length - 9,
      reason: '1 bytes stand between the state and its CRC',
    });
  }
});

test('a whole second state behind the first is malformed', () => {
  assert.match(problemOf(buildVmState({ behind: built[2] as Buffer })), 'between the state and its CRC');
});

test('a file that two releases would read as two states is malformed', () => {
  // Where 1.13 has a structure of KVM, with its length first, 1.14 has the first address of one more allocator.
  const marker = 0x1122_3344_5566_7788n;
  const after = (file: Buffer) => file.indexOf(eightBytes(marker)) + 8;
  const bad = buildVmState({ regions: [], systemMemoryStart: marker, drives: [{ path: '/etc/shadow' }] });
  const good = buildVmState({ layout: '1.13', regions: [], systemMemoryStart: marker, drives: [{ path: '/cow.raw' }] });
  const head = bad.subarray(0, after(bad) - 8);
  const state14 = bad.subarray(after(bad), bad.length - 8);
  // What is left of the allocator and the structure that the other state stands in: 8 + 31 and 8 + 16 bytes.
  const rest13 = good.subarray(after(good) + 63, good.length - 8);
  const file = withCrc(Buffer.concat([head, eightBytes(state14.length), state14, rest13]));
  assert.match(problemOf(file), 'Firecracker 1.13 and 1.14 would each read a state of its own from it');
  // The near miss: without what 1.13 needs, it is a file of 1.14 alone.
  const only14 = withCrc(Buffer.concat([head, eightBytes(state14.length), state14]));
  assert.equal(
    stateOf(only14).blockDevices.map((drive) => (drive.kind === 'virtio' ? drive.path : null)),
    ['/etc/shadow'],
  );
});

test('a file of more bytes than Firecracker decodes is not looked at', () => {
  assert.match(problemOf(Buffer.alloc(MAX_VMSTATE_BYTES + 1)), 'it has 10485761 bytes');
  assert.not.match(problemOf(Buffer.alloc(MAX_VMSTATE_BYTES)), 'it has');
});

test('a tree of addresses has 64 levels and no more', () => {
  for (const layout of ['1.14', '1.16'] as const) {
    assert.is(ok(buildVmState({ layout, treeDepth: MAX_TREE_DEPTH })).kind, 'ok');
    assert.match(problemOf(buildVmState({ layout, treeDepth: MAX_TREE_DEPTH + 1 })), 'a tree of more than 64 levels');
    assert.match(problemOf(buildVmState({ layout, treeDepth: 1000 })), 'a tree of more than 64 levels');
  }
});

test('a tree of addresses has 1,024 nodes and no more', () => {
  for (const layout of ['1.14', '1.16'] as const) {
    assert.is(ok(buildVmState({ layout, fullTree: true, treeDepth: 10 })).kind, 'ok');
    assert.match(problemOf(buildVmState({ layout, fullTree: true, treeDepth: 11 })), 'a tree of more than 1024 nodes');
  }
});

test('the problem names the field', () => {
  const file = buildVmState({ drives: [{ path: '/a' }, { path: '/to-be-damaged' }] });
  file.writeUInt8(0xff, file.indexOf('/to-be'));
  assert.match(
    problemOf(repaired(file)),
    /^mmioState\.blockDevices\[1\]\.state\.diskPath: a string that is not UTF-8$/,
  );
});

test('a list is read to its end up to 4,096 items, and no further', () => {
  const many = 4096;
  const region = { base: 2n ** 64n - 1n, size: 2n ** 64n - 1n, plugged: [] };
  const file = buildVmState({ regions: Array.from({ length: many }, () => region) });
  assert.is(stateOf(file).memoryRegions.length, many);
  for (const more of [many + 1, 300_000]) {
    const read = readVmState(buildVmState({ regions: Array.from({ length: more }, () => region) }));
    assert.is(read.kind, 'malformed');
  }
});

test.run();
