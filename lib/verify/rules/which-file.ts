import { type Finding, finding } from '../../finding/finding.js';
import { ociBlobAt } from '../../store/blob.js';
import { cowName, type SnapshotKind } from '../../store/snapshot-kind.js';
import { type ConfigDisk, type DiskFacts, mismatch, type SidecarDisk } from './disk-facts.js';
import { judgeSerial } from './disk-serial.js';

const vmRunDirectory = /\/(?:cloudhypervisor|firecracker)\/[A-Z2-7]{26}$/;

/** Below a run directory. */
const firecrackerRunDirectory = /^\/firecracker\/[A-Z2-7]{26}$/;

/** The name under which cocoon opens a snapshot's disk at a clone; null for a disk that is not in the snapshot. */
export function residentName(disk: SidecarDisk, kind: SnapshotKind): string | null {
  if (disk.role === 'cow') return cowName(kind);
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

const imageTypes: Readonly<Record<SnapshotKind, string>> = {
  'cloud-image': 'cloudimg',
  oci: 'oci',
  firecracker: 'oci',
};

function judgeKind(facts: DiskFacts): Finding[] {
  const findings: Finding[] = [];
  const { kind, imageType, hypervisor } = facts;
  if (imageType !== '' && imageType !== imageTypes[kind]) {
    const types = { expected: imageTypes[kind], actual: imageType };
    const message =
      kind === 'oci'
        ? 'config.json boots a kernel, the record is of a cloud image'
        : 'the image type of the record does not fit its disks';
    findings.push(mismatch(facts, message, types, kind === 'firecracker' ? 'Firecracker' : 'config.json'));
  }
  const expected = kind === 'firecracker' ? 'firecracker' : 'cloud-hypervisor';
  if (hypervisor !== '' && hypervisor !== expected) {
    const types = { expected, actual: hypervisor };
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
    const files = { expected: `${cowName(facts.kind)} alone`, actual: 'cow.raw and overlay.qcow2' };
    findings.push(mismatch(facts, 'a cow.raw stands beside the overlay', files, 'config.json'));
  }
  return findings;
}

/** What cocoon gives to each kind: cidata to cloud images, layers to the others. */
const roles: Readonly<Record<SnapshotKind, readonly string[]>> = {
  'cloud-image': ['cow', 'data', 'cidata'],
  oci: ['layer', 'cow', 'data'],
  firecracker: ['layer', 'cow', 'data'],
};

function judgeSidecarDisk(facts: DiskFacts, disk: SidecarDisk, index: number): Finding[] {
  const findings: Finding[] = [];
  const name = residentName(disk, facts.kind);
  const readOnly = disk.role === 'layer' || disk.role === 'cidata';
  if (name === null && disk.role !== 'layer') {
    const known = { expected: 'layer, cow, cidata or data', actual: disk.role };
    findings.push(mismatch(facts, `disk ${index} has no role that cocoon knows`, known, 'cocoon'));
  } else if (disk.ro !== readOnly) {
    const modes = { expected: `read-only ${readOnly}`, actual: `read-only ${disk.ro}` };
    findings.push(mismatch(facts, `disk ${index} has a read-only mark that its role forbids`, modes, 'cocoon'));
  }
  findings.push(...judgeSerial(facts, disk, index));
  if (disk.role === 'layer' && facts.kind === 'cloud-image') {
    const layers = { expected: 'no layers in a cloud image', actual: disk.path };
    findings.push(mismatch(facts, `disk ${index} is a layer`, layers, 'snapshot record'));
  } else if (disk.role === 'cidata' && !roles[facts.kind].includes('cidata')) {
    // cocoon computes its path anew for cloud images only.
    const disks = { expected: 'no cidata beside a kernel', actual: disk.path };
    findings.push(mismatch(facts, `disk ${index} is cidata`, disks, 'snapshot record'));
  }
  if (name !== null && goBase(disk.path) !== name) {
    const names = { expected: name, actual: goBase(disk.path) };
    findings.push(mismatch(facts, `disk ${index} is not called what cocoon opens`, names, 'cocoon'));
  }
  return [...(leavesStore(facts, disk) ? [outside(facts, disk, index)] : []), ...findings];
}

/** A disk is the snapshot's own (cocoon computes its path anew), or a layer of this store; anything else is the host's. */
function leavesStore(facts: DiskFacts, disk: SidecarDisk): boolean {
  if (disk.role === 'layer') return !facts.roots.some((root) => ociBlobAt(root, disk.path)?.kind === 'layer');
  const directory = disk.path.slice(0, Math.max(0, disk.path.lastIndexOf('/')));
  if (facts.kind !== 'firecracker') return !vmRunDirectory.test(directory);
  // While Firecracker loads the snapshot, cocoon puts a link in the place of whatever stands there (trap 13).
  return !facts.runDirs.some(
    (run) => directory.startsWith(run) && firecrackerRunDirectory.test(directory.slice(run.length)),
  );
}

function judgeImageType(
  facts: DiskFacts,
  disk: ConfigDisk,
  sidecar: SidecarDisk | undefined,
  index: number,
): Finding[] {
  const isCow = sidecar?.role === 'cow' && facts.kind === 'cloud-image';
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
  // No expression: at each of a million slashes inside it would try anew.
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  const trimmed = path.slice(0, end);
  return trimmed === '' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

function outside(facts: DiskFacts, disk: SidecarDisk, index: number): Finding {
  return finding('disk-outside-store', `disk ${index} is no file of the snapshot and no blob of this store`, {
    subject: facts.sidecarPath,
    expected: `a file of the snapshot, or a layer in ${facts.roots[0]}/oci/blobs`,
    expectedFrom: 'cocoon',
    actual: disk.path,
  });
}
