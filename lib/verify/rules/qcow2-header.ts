import type { Finding } from '../../finding/finding.js';
import type { HeaderFacts, Qcow2Header } from '../../qcow2/header.js';
import { HEADER_READ_BYTES, MAX_CLUSTER_BITS, MIN_CLUSTER_BITS } from '../../qcow2/limits.js';
import { judgeBackingField } from './qcow2-backing-field.js';
import { judgeExtensions } from './qcow2-extensions.js';
import { judgeFeatures } from './qcow2-features.js';
import { type DiskRole, type Flaw, findingOf, malformed, unsupported } from './qcow2-flaw.js';
import { judgeLayout } from './qcow2-layout.js';

/**
 * Judges a header for both of its readers: QEMU's `qemu-img resize`, which runs first and as root, and Cloud
 * Hypervisor (qcow2.md). What the backing file's name leads to is judged by the rule of the backing file.
 */
export function judgeHeader(facts: HeaderFacts, subject: string, role: DiskRole): Finding[] {
  return flawsOf(facts, role).map((flaw) => findingOf(flaw, subject, role));
}

function flawsOf(facts: HeaderFacts, role: DiskRole): Flaw[] {
  if (facts.kind === 'not-qcow2') {
    return [
      malformed('it is not a qcow2 image', {
        expected: '514649fb',
        expectedFrom: 'qcow2 specification',
        actual: facts.firstBytes.toString('hex', 0, 4),
      }),
    ];
  }
  if (facts.kind === 'truncated') {
    return [
      malformed(`the file ends inside its header, after ${facts.bytes} bytes`, {
        expected: `${HEADER_READ_BYTES} bytes or more`,
        expectedFrom: 'Cloud Hypervisor',
        actual: `${facts.bytes} bytes`,
      }),
    ];
  }
  const { header } = facts;
  // Every other field is counted in clusters, or is there only in some versions.
  const base = [...judgeVersion(header), ...judgeClusterBits(header)];
  if (base.length > 0) return base;
  return [
    ...judgeFeatures(header, role),
    ...judgeBackingField(header, role),
    ...judgeExtensions(header, role),
    ...judgeLayout(header, role),
  ];
}

function judgeVersion({ version }: Qcow2Header): Flaw[] {
  if (version === 2 || version === 3) return [];
  return [
    unsupported(`version is ${version}, which no reader supports`, {
      expected: '2 or 3',
      expectedFrom: 'qcow2 specification',
      actual: String(version),
    }),
  ];
}

function judgeClusterBits({ clusterBits }: Qcow2Header): Flaw[] {
  if (clusterBits >= MIN_CLUSTER_BITS && clusterBits <= MAX_CLUSTER_BITS) return [];
  return [
    malformed(`cluster_bits is ${clusterBits}, and a cluster has 2^9 to 2^21 bytes`, {
      expected: `${MIN_CLUSTER_BITS} to ${MAX_CLUSTER_BITS}`,
      expectedFrom: 'qcow2 specification',
      actual: String(clusterBits),
    }),
  ];
}
