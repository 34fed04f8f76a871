import * as assert from 'uvu/assert';
import type { InspectedHeader, Uint64 } from '../../lib/qcow2/inspect-header.js';
import type { ImageInfo } from './qemu-img.js';

/** Every field that qemu-img tells of an image is the one that we tell. */
export function assertSameFields(header: InspectedHeader | null, info: ImageInfo, of = ''): void {
  assert.equal(ours(header), theirs(info), of);
}

function ours(header: InspectedHeader | null) {
  return {
    virtualSize: wholeSectors(header?.virtualSize),
    clusterSize: header?.clusterSize,
    dirty: header?.dirty,
    compat: header?.compat,
    // qemu-img leaves these out of version 2.
    lazyRefcounts: header?.version === 2 ? undefined : header?.lazyRefcounts,
    corrupt: header?.version === 2 ? undefined : header?.corrupt,
    extendedL2: header?.version === 2 ? undefined : header?.extendedL2,
    refcountBits: header?.refcountBits,
    compressionType: header?.compressionType,
    backing: header?.backing?.name,
    backingFormat: header?.backing?.format ?? undefined,
    dataFile: header?.dataFile ?? undefined,
    dataFileRaw: header?.dataFile ? header.dataFileRaw : undefined,
    encryption: header?.encryption ?? undefined,
    bitmaps: currentBitmaps(header),
    snapshots: header?.snapshots.list,
  };
}

/** qemu-img tells the sectors of a disk, without what is left of the last one. */
function wholeSectors(size: Uint64 | undefined): Uint64 | undefined {
  return typeof size === 'number' ? size - (size % 512) : size;
}

/** Without its bit, qemu-img takes the extension for outdated and tells of none. */
function currentBitmaps(header: InspectedHeader | null): number | undefined {
  return header?.features.autoclear.includes('bitmaps') ? (header.bitmaps ?? undefined) : undefined;
}

function theirs(info: ImageInfo) {
  const specific = info['format-specific']?.data;
  return {
    virtualSize: info['virtual-size'],
    clusterSize: info['cluster-size'],
    dirty: info['dirty-flag'],
    compat: specific?.compat,
    lazyRefcounts: specific?.['lazy-refcounts'],
    corrupt: specific?.corrupt,
    extendedL2: specific?.['extended-l2'],
    refcountBits: specific?.['refcount-bits'],
    compressionType: specific?.['compression-type'],
    backing: info['backing-filename'],
    backingFormat: info['backing-filename-format'],
    dataFile: specific?.['data-file'],
    dataFileRaw: specific?.['data-file-raw'],
    encryption: specific?.encrypt?.format,
    bitmaps: specific?.bitmaps?.length,
    snapshots: (info.snapshots ?? []).map(({ id, name }) => ({ id, name })),
  };
}
