import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Qcow2Header } from '../../../lib/qcow2/header.js';
import { judgeHeader } from '../../../lib/verify/rules/qcow2-header.js';
import { blobHeader, codes, format, overlayHeader } from './qcow2-literals.js';

const test = suite('rule: qcow2 backing field');

const overlay = (changes: Partial<Qcow2Header> = {}) => {
  return codes(judgeHeader({ kind: 'qcow2', header: overlayHeader(changes) }, '/o', 'overlay'));
};
const blob = (changes: Partial<Qcow2Header> = {}) => {
  return codes(judgeHeader({ kind: 'qcow2', header: blobHeader(changes) }, '/b', 'blob'));
};

type Case = readonly [name: string, changes: Partial<Qcow2Header>, codes: readonly string[]];

const named = (offset: bigint, size: number) => ({ offset, size, name: Buffer.alloc(Math.min(size, 1023), 'n') });
const backings: readonly Case[] = [
  ['a name of 1023 bytes', { backing: named(528n, 1023) }, []],
  ['a name of 1024 bytes', { backing: named(528n, 1024) }, ['overlay-malformed']],
  ['a name up to the end of the cluster', { backing: named(65_436n, 100) }, []],
  ['a name one byte beyond', { backing: named(65_437n, 100) }, ['overlay-malformed']],
  ['a name at 2^64 - 1', { backing: named(2n ** 64n - 1n, 100) }, ['overlay-malformed']],
  ['a name behind the header', { backing: named(112n, 100) }, []],
  ['a name on its last byte', { backing: named(111n, 100) }, ['overlay-malformed']],
  ['a size without an offset', { backing: { offset: 0n, size: 5, name: null } }, ['overlay-malformed']],
  ['an offset without a size', { backing: { offset: 528n, size: 0, name: null } }, ['overlay-malformed']],
  ['a name past the end of the file', { backing: { offset: 528n, size: 5, name: null } }, ['overlay-malformed']],
  ['no backing file', { backing: null }, []],
  ['no format', { extensions: [] }, []],
  ['the format raw', { extensions: [format('raw')] }, ['backing-format-mismatch']],
  ['the format in capitals', { extensions: [format('QCOW2')] }, ['backing-format-mismatch']],
  ['an empty format', { extensions: [format('')] }, ['backing-format-mismatch']],
  ['a format with a zero byte behind it', { extensions: [format('qcow2\0')] }, ['backing-format-mismatch']],
  [
    'a format too long for QEMU',
    { extensions: [format('q'.repeat(16))] },
    ['backing-format-mismatch', 'overlay-malformed'],
  ],
  ['two formats', { extensions: [format('qcow2'), format('raw')] }, ['backing-format-mismatch', 'overlay-malformed']],
  ['two formats, the last one right', { extensions: [format('raw'), format('qcow2')] }, ['overlay-malformed']],
];

for (const [name, changes, expected] of backings) {
  test(`an overlay with ${name}: ${expected.length === 0 ? 'well' : expected.join(', ')}`, () => {
    assert.equal(overlay(changes), expected);
  });
}

test('a blob has no backing file, in whatever format; a format alone is well', () => {
  assert.equal(blob({ backing: named(528n, 10), extensions: [format('raw')] }), ['blob-has-backing']);
  assert.equal(blob({ backing: named(528n, 1) }), ['blob-has-backing']);
  assert.equal(blob({ backing: { offset: 0n, size: 5, name: null } }), ['blob-malformed']);
  assert.equal(blob({ extensions: [format('raw')] }), []);
  assert.equal(blob({ extensions: [format('q'.repeat(16))] }), ['blob-malformed']);
});

test('a base whose backing name cannot be read has one all the same, and where it stands is said', () => {
  const header = blobHeader({ backing: { offset: 528n, size: 5, name: null } });
  const found = judgeHeader({ kind: 'qcow2', header }, '/b', 'blob').find(({ code }) => code === 'blob-has-backing');
  assert.equal([found?.message, found?.actual], ['it has a backing file of its own', '5 bytes at byte 528']);
});

test.run();
