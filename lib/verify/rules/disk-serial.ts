import type { Finding } from '../../finding/finding.js';
import { type DiskFacts, mismatch, type SidecarDisk } from './disk-facts.js';

/** Names that types.ValidDataDiskName of cocoon accepts. */
const dataDiskSerial = /^(?!cocoon-)[a-z][a-z0-9_-]{0,19}$/;

/** What cocoon calls the writable disk of an OCI image, and each of its layers (hypervisor/backend.go, images/oci/oci.go). */
export const COW_SERIAL = 'cocoon-cow';
export const layerSerial = (index: number): string => `cocoon-layer${index}`;

/**
 * Serials are pasted into the hypervisor's command line at the next start of a clone, where a comma begins another
 * option (`,path=/dev/sda`); and the guest finds layers and the writable disk of an OCI image by them.
 */
export function judgeSerial(facts: DiskFacts, disk: SidecarDisk, index: number): Finding[] {
  if (disk.role === 'data') return judgeDataDisk(facts, disk, index);
  const expected = expectedSerial(facts, disk, index);
  if (expected === null || disk.serial === expected) return [];
  const serials = { expected: expected === '' ? 'no serial' : expected, actual: disk.serial };
  return [mismatch(facts, `disk ${index} has a serial that cocoon does not give`, serials, 'cocoon')];
}

/** Null for a layer of a cloud image, which another rule refuses. */
function expectedSerial(facts: DiskFacts, disk: SidecarDisk, index: number): string | null {
  if (disk.role === 'cow') return facts.kind === 'cloud-image' ? '' : COW_SERIAL;
  if (disk.role !== 'layer') return '';
  if (facts.kind === 'cloud-image') return null;
  return layerSerial(facts.sidecar.slice(0, index).filter(({ role }) => role === 'layer').length);
}

function judgeDataDisk(facts: DiskFacts, disk: SidecarDisk, index: number): Finding[] {
  const findings: Finding[] = [];
  if (!dataDiskSerial.test(disk.serial)) {
    const serials = { expected: 'a-z, 0-9, _ and -, at most 20 characters', actual: disk.serial };
    findings.push(mismatch(facts, `disk ${index} has a serial that cocoon does not give`, serials, 'cocoon'));
  }
  if (facts.sidecar.findIndex((other) => other.role === 'data' && other.serial === disk.serial) !== index) {
    const serials = { expected: 'a serial of its own', actual: disk.serial };
    findings.push(mismatch(facts, `disk ${index} has the serial of another data disk`, serials, 'cocoon'));
  }
  if (!isMountable(disk)) {
    const mounts = { expected: 'ext4, or none without a mount point', actual: `${disk.fstype} at ${disk.mount_point}` };
    findings.push(mismatch(facts, `disk ${index} has a file system that cocoon refuses`, mounts, 'cocoon'));
  }
  return findings;
}

function isMountable({ fstype, mount_point: place }: SidecarDisk): boolean {
  if (place === '') return fstype === 'ext4' || fstype === 'none';
  return fstype === 'ext4' && place.startsWith('/') && !/[\0\n]/.test(place);
}
