import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Qcow2Header } from '../../../lib/qcow2/header.js';
import { judgeHeader } from '../../../lib/verify/rules/qcow2-header.js';
import { blobHeader, codes, extension, overlayHeader } from './qcow2-literals.js';

const test = suite('rule: qcow2 header');

const overlay = (changes: Partial<Qcow2Header> = {}) => {
  return codes(judgeHeader({ kind: 'qcow2', header: overlayHeader(changes) }, '/o', 'overlay'));
};
const blob = (changes: Partial<Qcow2Header> = {}) => {
  return codes(judgeHeader({ kind: 'qcow2', header: blobHeader(changes) }, '/b', 'blob'));
};

test('a healthy overlay and a healthy blob have no finding', () => {
  assert.equal(overlay(), []);
  assert.equal(blob(), []);
});

test('clusters of 2^9 bytes are the smallest', () => {
  assert.equal(blob({ clusterBits: 9, virtualSize: 1n << 20n, l1Size: 32 }), []);
});

test('what is no qcow2 is malformed, whatever it is for', () => {
  const raw = { kind: 'not-qcow2', firstBytes: Buffer.from('KDMV') } as const;
  assert.equal(codes(judgeHeader(raw, '/o', 'overlay')), ['overlay-malformed']);
  assert.equal(codes(judgeHeader(raw, '/b', 'blob')), ['blob-malformed']);
  assert.equal(codes(judgeHeader({ kind: 'truncated', bytes: 111 }, '/o', 'overlay')), ['overlay-malformed']);
});

test('a finding names its subject, what was expected, whose rule that is, and what is there', () => {
  const [finding] = judgeHeader({ kind: 'qcow2', header: overlayHeader({ clusterBits: 22 }) }, '/o', 'overlay');
  const { subject, expected, expectedFrom, actual, severity } = finding ?? assert.unreachable() ?? ({} as never);
  assert.equal(
    [subject, expected, expectedFrom, actual, severity],
    ['/o', '9 to 21', 'qcow2 specification', '22', 'error'],
  );
});

type Case = readonly [name: string, changes: Partial<Qcow2Header>, codes: readonly string[]];

/** Each rule just broken and just kept. Where a blob is judged differently, a test of its own below says so. */
const cases: readonly Case[] = [
  ['version 1', { version: 1 }, ['overlay-unsupported']],
  ['version 2', { version: 2, headerLength: 72, compressionType: null }, []],
  ['version 4', { version: 4 }, ['overlay-unsupported']],
  ['clusters of 2^8 bytes', { clusterBits: 8 }, ['malformed']],
  [
    'clusters of 2^21 bytes',
    { clusterBits: 21, l1Size: 1, l1TableOffset: 6291456n, refcountTableOffset: 2097152n, fileSize: 6291464 },
    [],
  ],
  ['clusters of 2^22 bytes', { clusterBits: 22 }, ['malformed']],

  ['the corrupt bit', { incompatible: 2n }, ['overlay-marked-corrupt']],
  ['an external data file', { incompatible: 4n }, ['external-data-file']],
  [
    'an extension that names one',
    { extensions: [extension(0x44415441, { text: '/etc/shadow' })] },
    ['external-data-file'],
  ],
  ['extended L2 entries', { incompatible: 16n }, ['overlay-unsupported']],
  ['incompatible bit 5', { incompatible: 32n }, ['overlay-unsupported']],
  ['incompatible bit 63', { incompatible: 1n << 63n }, ['overlay-unsupported']],
  ['every compatible bit but lazy refcounts', { compatible: 2n ** 64n - 2n }, []],
  ['every autoclear bit but raw external data and bitmaps', { autoclear: 2n ** 64n - 4n }, []],
  ['raw external data without a data file', { autoclear: 2n }, ['malformed']],
  ['raw external data with one', { autoclear: 2n, incompatible: 4n }, ['external-data-file']],
  ['AES', { cryptMethod: 1 }, ['overlay-encrypted']],
  ['an unknown encryption', { cryptMethod: 7 }, ['overlay-encrypted']],
  ['zstd with its bit', { compressionType: 1, incompatible: 8n }, []],
  ['zstd without its bit', { compressionType: 1 }, ['malformed']],
  ['zlib with the bit', { incompatible: 8n }, ['malformed']],
  ['no compression type with the bit', { headerLength: 104, compressionType: null, incompatible: 8n }, ['malformed']],
  ['no compression type', { headerLength: 104, compressionType: null }, []],
  ['compression type 2', { compressionType: 2, incompatible: 8n }, ['overlay-unsupported']],

  [
    'a virtual size of 16 TiB',
    {
      clusterBits: 21,
      virtualSize: 1n << 44n,
      l1Size: 32,
      l1TableOffset: 1n << 22n,
      refcountTableOffset: 1n << 21n,
      fileSize: 1 << 23,
    },
    [],
  ],
  [
    'a virtual size of 16 TiB and a byte',
    {
      clusterBits: 21,
      virtualSize: (1n << 44n) + 1n,
      l1Size: 33,
      l1TableOffset: 1n << 22n,
      refcountTableOffset: 1n << 21n,
      fileSize: 1 << 23,
    },
    ['overlay-unsupported'],
  ],
  ['a virtual size of 2^64 - 1', { virtualSize: 2n ** 64n - 1n }, ['overlay-unsupported', 'malformed']],
  ['an L1 table with an entry too few', { l1Size: 19 }, ['malformed']],
  ['an L1 table with an entry to spare', { l1Size: 21 }, []],
  ['no L1 table for a disk of no bytes', { l1Size: 0, virtualSize: 0n }, []],
  ['an L1 table of 32 MiB', { l1Size: 4_194_304 }, []],
  ['an L1 table of 32 MiB and an entry', { l1Size: 4_194_305 }, ['overlay-unsupported']],
  ['an L1 table off its cluster', { l1TableOffset: 0x30008n }, ['malformed']],
  ['an L1 table beyond 2^63', { l1TableOffset: 2n ** 64n - 65536n }, ['malformed']],
  ['a refcount table off its cluster', { refcountTableOffset: 0x10200n }, ['malformed']],
  ['a snapshot table off its cluster', { snapshotsOffset: 512n }, ['malformed']],
  ['a snapshot table beyond 2^63 and no snapshot', { snapshotsOffset: 1n << 63n }, ['malformed']],
  ['an aligned snapshot table and no snapshot', { snapshotsOffset: 0x40000n }, []],
  ['refcounts of 64 bits', { refcountOrder: 6 }, []],
  ['refcounts of 128 bits', { refcountOrder: 7 }, ['malformed']],
  ['no refcount table', { refcountTableClusters: 0 }, ['malformed']],
  ['a refcount table of fourteen clusters', { refcountTableClusters: 14 }, []],
  ['a refcount table of fifteen clusters', { refcountTableClusters: 15 }, ['overlay-unsupported']],
  [
    'a refcount table of more than 8 MiB',
    { refcountTableClusters: 129, virtualSize: 1n << 44n, l1Size: 32768 },
    ['overlay-unsupported'],
  ],
  ['65,537 internal snapshots', { snapshotCount: 65_537, snapshotsOffset: 0x40000n }, ['overlay-unsupported']],
  ['a file that ends behind the refcount table entries', { fileSize: 65_536 + 7 * 8 }, []],
  ['a file that ends inside them', { fileSize: 65_536 + 7 * 8 - 1 }, ['malformed']],
  ['a file as large as its refcounts reach', { fileSize: 7 * 2 ** 31 }, []],
  ['a file larger than that', { fileSize: 7 * 2 ** 31 + 1 }, ['overlay-unsupported']],

  ['a header of 100 bytes', { headerLength: 100, compressionType: null }, ['malformed']],
  ['a header of 108 bytes', { headerLength: 108 }, ['malformed']],
  ['a header of 120 bytes', { headerLength: 120 }, []],
  ['a header of a whole cluster', { headerLength: 65_536, backing: null }, []],
  ['a header of more than a cluster', { headerLength: 65_544, backing: null }, ['malformed']],
  ['extensions that cannot be read', { extensionsProblem: 'too long' }, ['malformed']],
  ['an unknown extension', { extensions: [extension(1), extension(1)] }, []],
  ['two extensions with feature names', { extensions: [extension(0x6803f857), extension(0x6803f857)] }, ['malformed']],
  ['an encryption header without encryption', { extensions: [extension(0x0537be77)] }, ['malformed']],
  ['an encryption header with it', { extensions: [extension(0x0537be77)], cryptMethod: 2 }, ['overlay-encrypted']],
];

for (const [name, changes, expected] of cases) {
  test(`${name}: ${expected.length === 0 ? 'well' : expected.join(', ')}`, () => {
    assert.equal(
      overlay(changes),
      expected.map((code) => (code === 'malformed' ? 'overlay-malformed' : code)),
    );
    assert.equal(
      blob(changes),
      expected.map((code) => (code === 'malformed' ? 'blob-malformed' : code)),
    );
  });
}

test('the dirty bit is a warning of a blob, and nothing of an overlay', () => {
  assert.equal(overlay({ incompatible: 1n }), []);
  const [finding] = judgeHeader({ kind: 'qcow2', header: blobHeader({ incompatible: 1n }) }, '/b', 'blob');
  assert.equal([finding?.code, finding?.severity], ['blob-marked-dirty', 'warning']);
});

test('the refcounts of a dirty overlay are rebuilt, so its size has a limit', () => {
  const large = { virtualSize: 2_000n << 30n, l1Size: 4_000 };
  const larger = { virtualSize: 2_200n << 30n, l1Size: 4_400 };
  for (const stale of [{ incompatible: 1n }, { compatible: 1n }]) {
    assert.equal(overlay({ ...large, ...stale }), []);
    assert.equal(overlay({ ...larger, ...stale }), ['overlay-unsupported']);
    assert.equal(
      codes(judgeHeader({ kind: 'qcow2', header: blobHeader({ ...larger, compatible: 1n }) }, '/b', 'blob')),
      [],
    );
  }
  assert.equal(overlay(larger), []);
});

test('a dirty overlay is no larger than what the rebuild makes room for', () => {
  // 163,840 + 20 + 1 + 1 clusters, 6 blocks, a table, 1 block for those, 1 table cluster for that; and one to spare.
  const room = 163_872 * 65_536;
  assert.equal(overlay({ incompatible: 1n, fileSize: room }), []);
  assert.equal(overlay({ incompatible: 1n, fileSize: room + 1 }), ['overlay-unsupported']);
  assert.equal(overlay({ fileSize: room + 1 }), []);
});

test('an overlay has no internal snapshots, whatever its version, and a blob may have them', () => {
  const kept = { snapshotCount: 1, snapshotsOffset: 0x40000n };
  for (const version of [{}, { version: 2, headerLength: 72, compressionType: null }]) {
    assert.equal(overlay({ ...kept, ...version }), ['overlay-unsupported']);
    assert.equal(overlay({ ...kept, ...version, snapshotCount: 0 }), []);
    assert.equal(blob({ ...kept, ...version }), []);
  }
  assert.equal(blob({ ...kept, snapshotCount: 65_536 }), []);
});

test('QEMU does not grow an empty image of version 2, and nobody grows a blob', () => {
  const old = { version: 2, headerLength: 72, compressionType: null };
  assert.equal(overlay({ ...old, virtualSize: 0n }), ['overlay-unsupported']);
  assert.equal(overlay({ ...old, virtualSize: 1n }), []);
  assert.equal(overlay({ virtualSize: 0n }), []);
  assert.equal(blob({ ...old, virtualSize: 0n }), []);
});

test('a refcount table shorter than what Cloud Hypervisor writes back is a warning of an overlay', () => {
  // 8 GiB of 4 KiB clusters have 2,097,152 refcounts in 1,024 blocks and a few for the tables: more than 512 entries.
  const small = { clusterBits: 12, virtualSize: 1n << 33n, l1Size: 4096, refcountTableClusters: 1 };
  const offsets = { l1TableOffset: 0x30000n, refcountTableOffset: 0x10000n };
  const [finding, ...rest] = judgeHeader(
    { kind: 'qcow2', header: overlayHeader({ ...small, ...offsets }) },
    '/o',
    'overlay',
  );
  assert.equal([finding?.code, finding?.severity, rest], ['overlay-refcounts-short', 'warning', []]);
  assert.equal(overlay({ ...small, ...offsets, refcountTableClusters: 3 }), []);
  assert.equal(blob({ ...small, ...offsets }), []);
});

test('every flaw is named, not only the first', () => {
  assert.equal(overlay({ incompatible: 2n, cryptMethod: 1, l1Size: 1, backing: { offset: 0n, size: 5, name: null } }), [
    'overlay-marked-corrupt',
    'overlay-encrypted',
    'overlay-malformed',
    'overlay-malformed',
  ]);
});

test.run();
