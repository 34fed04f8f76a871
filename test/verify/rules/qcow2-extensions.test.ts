import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HeaderExtension } from '../../../lib/qcow2/extensions.js';
import type { Qcow2Header } from '../../../lib/qcow2/header.js';
import { judgeHeader } from '../../../lib/verify/rules/qcow2-header.js';
import { blobHeader, codes, extension, overlayHeader } from './qcow2-literals.js';

const test = suite('rule: qcow2 header extensions');

const overlay = (changes: Partial<Qcow2Header> = {}) => {
  return codes(judgeHeader({ kind: 'qcow2', header: overlayHeader(changes) }, '/o', 'overlay'));
};
const blob = (changes: Partial<Qcow2Header> = {}) => {
  return codes(judgeHeader({ kind: 'qcow2', header: blobHeader(changes) }, '/b', 'blob'));
};

test('extensions of an overlay end with a marker where Cloud Hypervisor reads them', () => {
  assert.equal(overlay({ extensionsEnded: false }), ['overlay-malformed']);
  assert.equal(overlay({ extensionsEnded: false, headerLength: 104, compressionType: null }), []);
  assert.equal(
    overlay({ extensionsEnded: false, version: 2, headerLength: 72, compressionType: null, extensions: [] }),
    [],
  );
  assert.equal(overlay({ extensionsEnded: false, extensionsProblem: 'too long' }), ['overlay-malformed']);
  assert.equal(blob({ extensionsEnded: false }), []);
});

test('the length of the header is a multiple of 8, from 104 up to a cluster', () => {
  for (const headerLength of [104, 112, 520]) {
    assert.equal(overlay({ headerLength, compressionType: headerLength === 104 ? null : 0 }), [], String(headerLength));
  }
  for (const headerLength of [0, 72, 96, 103, 105, 116]) {
    assert.equal(overlay({ headerLength, extensionsEnded: true }), ['overlay-malformed'], String(headerLength));
  }
  const blobOf = (headerLength: number) => blob({ headerLength, clusterBits: 16 });
  assert.equal(blobOf(65_536), []);
  assert.equal(blobOf(65_544), ['blob-malformed']);
});

const bitmaps = { count: 1, reserved: 0, directorySize: 64n, directoryOffset: 0x40000n };
const bitmapsExtension = (changes: object, length = 24): HeaderExtension => {
  return extension(0x23852875, { length, bitmaps: { ...bitmaps, ...changes } });
};

test('an overlay with current bitmaps is denied: QEMU would free whatever their directory names', () => {
  const extensions = [bitmapsExtension({})];
  assert.equal(overlay({ extensions, autoclear: 1n }), ['overlay-unsupported']);
  assert.equal(overlay({ extensions, autoclear: 0n }), []);
  assert.equal(overlay({ extensions, autoclear: 2n ** 64n - 4n }), []);
  assert.equal(overlay({ autoclear: 1n }), ['overlay-malformed']);
  assert.equal(overlay({ autoclear: 1n, version: 2, headerLength: 72, compressionType: null }), []);
});

test('a bitmaps extension is judged as QEMU reads it, and only where its bit says that it is current', () => {
  const judged = (changes: object, autoclear = 1n) => blob({ extensions: [bitmapsExtension(changes)], autoclear });
  assert.equal(judged({}), []);
  assert.equal(blob({ autoclear: 1n }), []);
  for (const wrong of [
    { count: 0 },
    { count: 65_536 },
    { reserved: 1 },
    { directoryOffset: 512n },
    { directorySize: 1n << 26n },
  ]) {
    assert.equal(judged(wrong), ['blob-malformed']);
    assert.equal(judged(wrong, 0n), []);
  }
  assert.equal(judged({ count: 65_535, directorySize: 1024n * 65_535n }), []);
  assert.equal(blob({ extensions: [bitmapsExtension({}, 32)] }), ['blob-malformed']);
});

test('every extension that the specification knows is there once', () => {
  const timesOf = (extensions: readonly HeaderExtension[]) => {
    const findings = judgeHeader({ kind: 'qcow2', header: blobHeader({ extensions }) }, '/b', 'blob');
    return findings.filter(({ message }) => message.includes(' times')).map(({ code, actual }) => [code, actual]);
  };
  for (const type of [0xe2792aca, 0x6803f857, 0x23852875, 0x0537be77, 0x44415441]) {
    assert.equal(timesOf([extension(type)]), []);
    assert.equal(timesOf([extension(type), extension(type)]), [['blob-malformed', '2']], type.toString(16));
  }
  assert.equal(timesOf([extension(0x1234), extension(0x1234)]), []);
});

test.run();
