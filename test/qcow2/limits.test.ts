import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as limits from '../../lib/qcow2/limits.js';

const test = suite('limits of qcow2');

/*
 * In the numbers of those who set them, so that one that is changed by mistake is not taken for a decision of ours.
 */

test('what the specification sets (docs/interop/qcow2.rst of QEMU)', () => {
  assert.is(limits.MAGIC, Buffer.from('QFI\xfb', 'latin1').readUInt32BE());
  assert.is(2 ** limits.MIN_CLUSTER_BITS, 512);
  // Of version 2, of version 3, and of the compression type, which stands in the first byte behind the latter.
  assert.is(limits.V2_HEADER_BYTES, 72);
  assert.is(limits.V3_HEADER_BYTES, 104);
  assert.is(limits.COMPRESSION_TYPE_OFFSET, 104);
  assert.is(limits.MAX_BACKING_NAME_BYTES, 1023);
  assert.is(2 ** limits.MAX_REFCOUNT_ORDER, 64);
});

test('what QEMU sets (block/qcow2.h of QEMU 7.2)', () => {
  const KiB = 1024;
  const MiB = 1024 * KiB;
  assert.is(2 ** limits.MAX_CLUSTER_BITS, 2 * MiB);
  assert.is(limits.MAX_L1_BYTES, 32 * MiB);
  assert.is(limits.MAX_REFCOUNT_TABLE_BYTES, 8 * MiB);
  assert.is(limits.MAX_SNAPSHOTS, 65_536);
  assert.is(limits.MAX_SNAPSHOT_TABLE_BYTES, 1024 * limits.MAX_SNAPSHOTS);
  assert.is(limits.MAX_SNAPSHOT_EXTRA_BYTES, 1024);
  assert.is(limits.MAX_BITMAPS, 65_535);
  assert.is(limits.MAX_BITMAP_DIRECTORY_BYTES, 65_535 * KiB);
  // A name of 16 bytes with its terminating zero; INT64_MAX.
  assert.is(limits.MAX_BACKING_FORMAT_BYTES, 15);
  assert.is(limits.MAX_OFFSET, 0x7fff_ffff_ffff_ffffn);
});

test('what Cloud Hypervisor sets (block/src/qcow of version 53)', () => {
  assert.is(limits.HEADER_READ_BYTES, 112);
  assert.is(limits.MAX_VIRTUAL_SIZE, 0x1000_0000_0000n);
  assert.is(limits.MAX_TABLE_ENTRIES, 35_000_000);
  assert.is(limits.MAX_CHAIN_DEPTH, 10);
});

test('what we take, lest a file keeps us busy or fills our memory', () => {
  const { MAX_EXTENSIONS, MAX_EXTENSION_TEXT_BYTES, MAX_FEATURE_NAMES, MAX_DESCRIBED_PROBLEMS } = limits;
  assert.equal([MAX_EXTENSIONS, MAX_EXTENSION_TEXT_BYTES, MAX_FEATURE_NAMES], [256, 4096, 192]);
  assert.is(MAX_DESCRIBED_PROBLEMS, 16);
  assert.is(limits.MAX_HOST_CLUSTERS, 268_435_456);
  assert.is(limits.MAX_TABLE_BYTES, 2_147_483_648);
  assert.is(limits.MAX_TAIL_SCAN_BYTES, 67_108_864);
  assert.is(limits.MAX_SHARED_CLUSTERS, 1_048_576);
});

test.run();
