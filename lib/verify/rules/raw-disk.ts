import { type Finding, finding } from '../../finding/finding.js';

export interface RawDiskFacts {
  readonly path: string;
  /** Bytes. */
  readonly bytes: bigint;
  /** Bytes that state.json names for the device; null where it names none. */
  readonly stateBytes: bigint | null;
  /** Bytes of the record's `storage`, which is the size of the writable disk; null for any other disk. */
  readonly recordBytes: bigint | null;
  /** Who looks into a raw disk for other formats before it is opened; null where nobody does. */
  readonly probedBy: 'Cloud Hypervisor' | null;
  /** The first bytes of the disk, at least 32 where it has so many. */
  readonly head: Buffer;
  /** The last 512 bytes. */
  readonly tail: Buffer;
}

/**
 * What Cloud Hypervisor's detect_image_type (block/src/lib.rs) takes a disk for: qcow2, VHDX and fixed VHD in all its
 * versions, a flat VMDK's descriptor since 54. Whatever else begins a disk is a guest's own business.
 */
const probes: readonly { readonly name: string; matches(facts: RawDiskFacts): boolean }[] = [
  { name: 'qcow2', matches: ({ head }) => startsWith(head, Buffer.from('514649fb', 'hex')) },
  { name: 'VHDX', matches: ({ head }) => startsWith(head, Buffer.from('vhdxfile', 'latin1')) },
  { name: 'VMDK descriptor', matches: ({ head }) => startsWith(head, Buffer.from('# Disk DescriptorFile', 'latin1')) },
  { name: 'fixed VHD', matches: ({ tail }) => isFixedVhdFooter(tail) },
];

function startsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}

/** The footer in the last sector: cookie, version 1.0, no data offset, type 2 (Microsoft's VHD specification). */
function isFixedVhdFooter(tail: Buffer): boolean {
  return (
    tail.length === 512 &&
    startsWith(tail, Buffer.from('conectix', 'latin1')) &&
    tail.readUInt32BE(12) === 0x0001_0000 &&
    tail.readBigUInt64BE(16) === 0xffff_ffff_ffff_ffffn &&
    tail.readUInt32BE(60) === 2
  );
}

/** Cloud Hypervisor reads the first sector before it opens a disk, and refuses one that has none. */
const SECTOR_BYTES = 512n;

/** Rule 17: a raw disk has the size that the guest knows, and is not taken for another format by who opens it. */
export function judgeRawDisk(facts: RawDiskFacts): Finding[] {
  const findings: Finding[] = [];
  // cocoon makes a clone's disk larger after it is copied (`--storage`); its guest learns of that at its next start.
  const hasGrown = facts.stateBytes !== null && facts.bytes > facts.stateBytes && facts.bytes === facts.recordBytes;
  if (facts.stateBytes !== null && facts.bytes !== facts.stateBytes && !hasGrown) {
    findings.push(
      finding('raw-size-mismatch', 'the raw disk has not the size that the guest knows', {
        subject: facts.path,
        expected: `${facts.stateBytes} bytes`,
        expectedFrom: 'state.json',
        actual: `${facts.bytes} bytes`,
      }),
    );
  } else if (facts.recordBytes !== null && facts.bytes !== facts.recordBytes) {
    findings.push(
      finding('raw-size-mismatch', 'the writable disk has not the size that the record says', {
        subject: facts.path,
        expected: `${facts.recordBytes} bytes`,
        expectedFrom: 'snapshot record',
        actual: `${facts.bytes} bytes`,
      }),
    );
  } else if (facts.bytes < SECTOR_BYTES) {
    findings.push(
      finding('raw-size-mismatch', 'the raw disk is shorter than a sector', {
        subject: facts.path,
        expected: `${SECTOR_BYTES} bytes or more`,
        expectedFrom: 'Cloud Hypervisor',
        actual: `${facts.bytes} bytes`,
      }),
    );
  }
  const probed = facts.probedBy === null ? undefined : probes.find(({ matches }) => matches(facts));
  if (probed !== undefined) {
    findings.push(
      finding('raw-disk-probed', `the raw disk would be taken for ${probed.name}`, {
        subject: facts.path,
        expected: 'raw',
        expectedFrom: 'config.json',
        actual: probed.name,
      }),
    );
  }
  return findings;
}
