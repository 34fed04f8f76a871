import type { Finding } from '../../../lib/finding/finding.js';
import type { HeaderExtension } from '../../../lib/qcow2/extensions.js';
import type { Qcow2Header } from '../../../lib/qcow2/header.js';
import type { TableFacts } from '../../../lib/qcow2/table-facts.js';

/** The header that cocoon's own overlays have, with changes. */
export function overlayHeader(changes: Partial<Qcow2Header> = {}): Qcow2Header {
  const name = Buffer.from(`/var/lib/cocoon/cloudimg/blobs/${'a'.repeat(64)}.qcow2`);
  return {
    ...blobHeader(),
    backing: { offset: 528n, size: name.length, name },
    extensions: [format('qcow2')],
    ...changes,
  };
}

export function blobHeader(changes: Partial<Qcow2Header> = {}): Qcow2Header {
  return {
    version: 3,
    clusterBits: 16,
    virtualSize: 10_737_418_240n,
    cryptMethod: 0,
    l1Size: 20,
    l1TableOffset: 0x30000n,
    refcountTableOffset: 0x10000n,
    refcountTableClusters: 1,
    snapshotCount: 0,
    snapshotsOffset: 0n,
    incompatible: 0n,
    compatible: 0n,
    autoclear: 0n,
    refcountOrder: 4,
    headerLength: 112,
    compressionType: 0,
    backing: null,
    extensions: [],
    extensionsProblem: null,
    extensionsEnded: true,
    fileSize: 262_304,
    ...changes,
  };
}

export function extension(type: number, changes: Partial<HeaderExtension> = {}): HeaderExtension {
  return { type, name: 'an extension', offset: 120, length: 0, text: null, features: null, bitmaps: null, ...changes };
}

export function format(text: string): HeaderExtension {
  return extension(0xe2792aca, { length: text.length, text });
}

export function healthyTables(changes: Partial<TableFacts> = {}): TableFacts {
  return {
    problems: [],
    problemCount: 0,
    notWalked: null,
    tooLarge: null,
    dirty: false,
    rebuildsRefcounts: false,
    freeDataClusters: 0,
    firstFreeData: null,
    l2Tables: 1,
    dataClusters: 1,
    zeroClusters: 0,
    compressedClusters: 0,
    lastUsedByte: 262_304,
    unreferencedBytes: 0,
    tailScanned: true,
    ...changes,
  };
}

export function codes(findings: readonly Finding[]): string[] {
  return findings.map(({ code }) => code);
}
