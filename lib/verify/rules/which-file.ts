import { type Finding, finding } from '../../finding/finding.js';

/** One entry of cocoon.json's `storage_configs`. */
export interface SidecarDisk {
  readonly path: string;
  readonly ro: boolean;
  readonly serial: string;
  readonly role: string;
  readonly fstype: string;
  readonly mount_point: string;
}

/** One entry of config.json's `disks`. */
export interface ConfigDisk {
  readonly id: string;
  readonly path: string;
  readonly readonly: boolean;
  readonly serial: string;
  readonly imageType: string;
  readonly backingFiles: boolean;
}

export interface DiskFacts {
  /** Path of cocoon.json, for the findings. */
  readonly sidecarPath: string;
  readonly sidecar: readonly SidecarDisk[];
  readonly config: readonly ConfigDisk[];
  /** `payload.kernel` of config.json; empty when the machine boots firmware. */
  readonly kernel: string;
  /** Every spelling of this cocoon root: as given, with links resolved, as the record spells it. */
  readonly roots: readonly string[];
  /** Ids of the devices with sectors in state.json; null when it cannot be read. */
  readonly stateIds: readonly string[] | null;
  /** The names in the snapshot's directory. */
  readonly names: readonly string[];
  /** The record's `image_type` and `hypervisor`; empty in records made before they were kept. */
  readonly imageType: string;
  readonly hypervisor: string;
}

/** Names that types.ValidDataDiskName of cocoon accepts. */
const dataDiskSerial = /^(?!cocoon-)[a-z][a-z0-9_-]{0,19}$/;

const vmRunDirectory = /\/(?:cloudhypervisor|firecracker)\/[A-Z2-7]{26}$/;

const layerName = /^[0-9a-f]{64}\.erofs$/;

/** The name under which cocoon opens a snapshot's disk at a clone; null for a disk that is not in the snapshot. */
export function residentName(disk: SidecarDisk): string | null {
  if (disk.role === 'cow') return 'overlay.qcow2';
  if (disk.role === 'cidata') return 'cidata.img';
  if (disk.role === 'data') return `data-${disk.serial}.raw`;
  return null;
}

/** Rule 5: cocoon computes which files it opens; sidecars, record and directory must lead to the same ones. */
export function judgeWhichFile(facts: DiskFacts): Finding[] {
  const findings = [...judgeKind(facts), ...judgeCow(facts)];
  facts.sidecar.forEach((disk, index) => {
    findings.push(...judgeSidecarDisk(facts, disk, index));
  });
  facts.config.forEach((disk, index) => {
    findings.push(...judgeImageType(facts, disk, facts.sidecar[index], index));
  });
  return findings;
}

function judgeKind(facts: DiskFacts): Finding[] {
  const findings: Finding[] = [];
  if (facts.kernel !== '') {
    const kinds = { expected: 'no payload.kernel', actual: facts.kernel };
    findings.push(
      mismatch(facts, 'config.json boots a kernel, the record is of a cloud image', kinds, 'snapshot record'),
    );
  }
  if (facts.imageType !== '' && facts.imageType !== 'cloudimg') {
    const types = { expected: 'cloudimg', actual: facts.imageType };
    findings.push(mismatch(facts, 'the image type of the record does not fit its disks', types, 'config.json'));
  }
  if (facts.hypervisor !== '' && facts.hypervisor !== 'cloud-hypervisor') {
    const types = { expected: 'cloud-hypervisor', actual: facts.hypervisor };
    findings.push(mismatch(facts, 'the hypervisor of the record does not fit its files', types, 'config.json'));
  }
  return findings;
}

function judgeCow(facts: DiskFacts): Finding[] {
  const findings: Finding[] = [];
  const cows = facts.sidecar.filter((disk) => disk.role === 'cow').length;
  if (cows !== 1) {
    const counts = { expected: '1 entry', actual: `${cows} entries` };
    findings.push(mismatch(facts, 'cocoon.json must have one entry with the role cow', counts, 'cocoon'));
  }
  if (facts.names.includes('cow.raw') && facts.names.includes('overlay.qcow2')) {
    const files = { expected: 'overlay.qcow2 alone', actual: 'cow.raw and overlay.qcow2' };
    findings.push(mismatch(facts, 'a cow.raw stands beside the overlay', files, 'config.json'));
  }
  return findings;
}

function judgeSidecarDisk(facts: DiskFacts, disk: SidecarDisk, index: number): Finding[] {
  const findings: Finding[] = [];
  const name = residentName(disk);
  const readOnly = disk.role === 'layer' || disk.role === 'cidata';
  if (name === null && disk.role !== 'layer') {
    const roles = { expected: 'layer, cow, cidata or data', actual: disk.role };
    findings.push(mismatch(facts, `disk ${index} has no role that cocoon knows`, roles, 'cocoon'));
  } else if (disk.ro !== readOnly) {
    const modes = { expected: `read-only ${readOnly}`, actual: `read-only ${disk.ro}` };
    findings.push(mismatch(facts, `disk ${index} has a read-only mark that its role forbids`, modes, 'cocoon'));
  }
  findings.push(...judgeSerial(facts, disk, index));
  if (disk.role === 'layer') {
    const layers = { expected: 'no layers in a cloud image', actual: disk.path };
    findings.push(mismatch(facts, `disk ${index} is a layer`, layers, 'snapshot record'));
  }
  if (name !== null && goBase(disk.path) !== name) {
    const names = { expected: name, actual: goBase(disk.path) };
    findings.push(mismatch(facts, `disk ${index} is not called what cocoon opens`, names, 'cocoon'));
  }
  return [...(leavesStore(facts, disk) ? [outside(facts, disk, index)] : []), ...findings];
}

/**
 * Serials are pasted into the hypervisor's command line at the next start of a clone, where a comma begins another
 * option (`,path=/dev/sda`): those of cow and cidata are empty in a cloud image, those of data disks are names.
 */
function judgeSerial(facts: DiskFacts, disk: SidecarDisk, index: number): Finding[] {
  const findings: Finding[] = [];
  const isData = disk.role === 'data';
  if (isData ? !dataDiskSerial.test(disk.serial) : disk.serial !== '' && disk.role !== 'layer') {
    const expected = isData ? 'a-z, 0-9, _ and -, at most 20 characters' : 'no serial';
    const serials = { expected, actual: disk.serial };
    findings.push(mismatch(facts, `disk ${index} has a serial that cocoon does not give`, serials, 'cocoon'));
  }
  if (isData && facts.sidecar.findIndex((other) => other.role === 'data' && other.serial === disk.serial) !== index) {
    const serials = { expected: 'a serial of its own', actual: disk.serial };
    findings.push(mismatch(facts, `disk ${index} has the serial of another data disk`, serials, 'cocoon'));
  }
  if (isData && !isMountable(disk)) {
    const mounts = { expected: 'ext4, or none without a mount point', actual: `${disk.fstype} at ${disk.mount_point}` };
    findings.push(mismatch(facts, `disk ${index} has a file system that cocoon refuses`, mounts, 'cocoon'));
  }
  return findings;
}

function isMountable({ fstype, mount_point: place }: SidecarDisk): boolean {
  if (place === '') return fstype === 'ext4' || fstype === 'none';
  return fstype === 'ext4' && place.startsWith('/') && !/[\0\n]/.test(place);
}

/** A disk is the snapshot's own (cocoon computes its path anew), or a layer of this store; anything else is the host's. */
function leavesStore(facts: DiskFacts, disk: SidecarDisk): boolean {
  const slash = disk.path.lastIndexOf('/');
  const directory = disk.path.slice(0, Math.max(0, slash));
  if (disk.role === 'layer') {
    const inStore = facts.roots.some((root) => directory === `${root}/oci/blobs`);
    return !inStore || !layerName.test(disk.path.slice(slash + 1));
  }
  // cocoon computes the path of such a disk anew; whoever wrote this one, it was no cocoon.
  return !vmRunDirectory.test(directory);
}

function judgeImageType(
  facts: DiskFacts,
  disk: ConfigDisk,
  sidecar: SidecarDisk | undefined,
  index: number,
): Finding[] {
  const isCow = sidecar?.role === 'cow';
  const type = isCow ? 'Qcow2' : 'Raw';
  const findings: Finding[] = [];
  if (disk.imageType !== type) {
    const types = { expected: type, actual: disk.imageType === '' ? 'none' : disk.imageType };
    findings.push(mismatch(facts, `disk ${index}: config.json has another image_type`, types, 'cocoon'));
  }
  if (disk.backingFiles !== isCow) {
    const flags = { expected: `backing_files ${isCow}`, actual: `backing_files ${disk.backingFiles}` };
    findings.push(mismatch(facts, `disk ${index}: config.json has other backing_files`, flags, 'cocoon'));
  }
  return findings;
}

/** The last element of a path as Go's filepath.Base gives it, which cocoon uses: trailing slashes are dropped first. */
function goBase(path: string): string {
  if (path === '') return '.';
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

export function mismatch(
  facts: DiskFacts,
  message: string,
  values: { readonly expected: string; readonly actual: string },
  expectedFrom: string,
): Finding {
  return finding('sidecar-mismatch', message, {
    subject: facts.sidecarPath,
    ...values,
    expectedFrom,
  });
}

function outside(facts: DiskFacts, disk: SidecarDisk, index: number): Finding {
  return finding('disk-outside-store', `disk ${index} is no file of the snapshot and no blob of this store`, {
    subject: facts.sidecarPath,
    expected: `a file of the snapshot, or a layer in ${facts.roots[0]}/oci/blobs`,
    expectedFrom: 'cocoon',
    actual: disk.path,
  });
}
