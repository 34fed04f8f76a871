import { type Finding, finding } from '../../finding/finding.js';
import { wordsRemedy } from '../../finding/remedy.js';

export interface RawDiskFacts {
  readonly path: string;
  /** Bytes. */
  readonly bytes: bigint;
  /** Bytes that state.json names for the device; null where it names none. */
  readonly stateBytes: bigint | null;
  /** The first bytes of the disk, at least 32 where it has so many. */
  readonly head: Buffer;
  /** The last 512 bytes. */
  readonly tail: Buffer;
}

/**
 * What Cloud Hypervisor's detect_image_type (block/src/lib.rs) looks for before it takes a disk for raw, and what QEMU's
 * probe knows of the same families.
 */
const formats: readonly { readonly name: string; readonly where: 'head' | 'tail'; readonly magic: Buffer }[] = [
  { name: 'qcow2', where: 'head', magic: Buffer.from('514649fb', 'hex') },
  { name: 'VHDX', where: 'head', magic: Buffer.from('vhdxfile', 'latin1') },
  { name: 'VMDK', where: 'head', magic: Buffer.from('KDMV', 'latin1') },
  { name: 'VMDK descriptor', where: 'head', magic: Buffer.from('# Disk DescriptorFile', 'latin1') },
  { name: 'QED', where: 'head', magic: Buffer.from('QED\0', 'latin1') },
  { name: 'VHD', where: 'head', magic: Buffer.from('conectix', 'latin1') },
  { name: 'fixed VHD', where: 'tail', magic: Buffer.from('conectix', 'latin1') },
];

/** Rule 17: a raw disk has the size that the guest knows, and is not taken for another format by who opens it. */
export function judgeRawDisk(facts: RawDiskFacts): Finding[] {
  const findings: Finding[] = [];
  if (facts.bytes === 0n || (facts.stateBytes !== null && facts.bytes !== facts.stateBytes)) {
    findings.push(
      finding('raw-size-mismatch', 'the raw disk has not the size that the guest knows', {
        subject: facts.path,
        expected: facts.stateBytes === null ? 'not empty' : `${facts.stateBytes} bytes`,
        expectedFrom: facts.stateBytes === null ? 'cocoon' : 'state.json',
        actual: `${facts.bytes} bytes`,
        ...wordsRemedy('import the snapshot again with cocoon; an ordinary tar shortens files with holes'),
      }),
    );
  }
  const probed = formats.find(({ where, magic }) => facts[where].subarray(0, magic.length).equals(magic));
  if (probed !== undefined) {
    findings.push(
      finding('raw-disk-probed', `the raw disk would be taken for ${probed.name}`, {
        subject: facts.path,
        expected: 'raw',
        expectedFrom: 'config.json',
        actual: probed.name,
        ...wordsRemedy('take the snapshot again without that disk'),
      }),
    );
  }
  return findings;
}
