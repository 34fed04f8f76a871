import { systemErrorText } from '../../errors.js';
import { type Finding, finding } from '../../finding/finding.js';
import type { BlockDevice, VmState } from '../../vmstate/state.js';
import type { VmStateFacts } from '../vmstate-file.js';
import type { SidecarDisk } from './disk-facts.js';

/** A Firecracker's state, and what else says what it must be. */
export interface VmStateWitnesses {
  /** Path of `vmstate`, for the findings. */
  readonly path: string;
  readonly facts: VmStateFacts;
  /** `storage_configs` of cocoon.json. */
  readonly disks: readonly SidecarDisk[];
  /** Its `boot_config` and `cpu`. */
  readonly kernel: string;
  readonly initrd: string;
  readonly cpu: number;
  /** Network interfaces of the record. */
  readonly nics: number;
  /** Bytes of guest memory that cocoon.json names. */
  readonly memory: bigint;
}

/** Findings are listed up to this many: a hostile state may have thousands of devices. */
const SHOWN = 8;

/**
 * Firecracker opens what `vmstate` names, and cocoon makes room for what cocoon.json names (trap 13): both must be the
 * very same drives in the very same places. A snapshot of a clone whose state still names the disk of the machine it was
 * cloned from is refused for that: another machine's disk would be opened.
 */
export function judgeVmState(witnesses: VmStateWitnesses): Finding[] {
  const { facts, path: subject } = witnesses;
  if (facts.kind === 'unsupported') return [finding('snapshot-unsupported', facts.reason, { subject })];
  if (facts.kind === 'malformed') {
    return [finding('vmstate-malformed', `${facts.reason} (byte ${facts.offset})`, { subject })];
  }
  if (facts.kind === 'unreadable') {
    return [finding('file-unreadable', `cannot be read: ${systemErrorText(facts.error)}`, { subject })];
  }
  // One that is missing, or no file, is the directory's finding.
  if (facts.kind !== 'ok') return [];
  const { state } = facts;
  const findings = [
    ...judgeDrives(witnesses, state.blockDevices),
    ...judgeInterfaces(witnesses, state),
    ...judgeOthers(witnesses, state),
    ...judgeMachine(witnesses, state),
  ];
  if (findings.length <= SHOWN) return findings;
  const more = finding('sidecar-mismatch', `${findings.length - SHOWN} more places where vmstate differs`, { subject });
  return [...findings.slice(0, SHOWN), more];
}

/** What cocoon calls the drive of a disk, by its place in cocoon.json (firecracker/api.go, driveIDFmt). */
const driveId = (index: number): string => `drive_${index}`;

function judgeDrives({ path, disks }: VmStateWitnesses, drives: readonly BlockDevice[]): Finding[] {
  const findings: Finding[] = [];
  disks.forEach((disk, index) => {
    const named = drives.filter(({ id }) => id === driveId(index));
    const [drive] = named;
    if (drive === undefined || named.length > 1) {
      const values = { expected: `1 drive ${driveId(index)}`, actual: String(named.length) };
      findings.push(mismatch(path, `disk ${index} of cocoon.json has not one drive in vmstate`, values));
    } else if (drive.kind === 'virtio' && drive.path !== disk.path) {
      const values = { expected: disk.path, actual: drive.path };
      findings.push(mismatch(path, `disk ${index}: vmstate names another path, which Firecracker would open`, values));
    } else if (drive.kind === 'virtio' && drive.readOnly !== disk.ro) {
      const values = { expected: `read-only ${disk.ro}`, actual: `read-only ${drive.readOnly}` };
      findings.push(mismatch(path, `disk ${index}: vmstate differs in read-only`, values));
    }
  });
  const known = new Set(disks.map((_disk, index) => driveId(index)));
  for (const drive of drives) {
    const place = drive.kind === 'virtio' ? drive.path : drive.socketPath;
    if (drive.kind === 'vhost-user')
      findings.push(hostAccess(path, `drive ${drive.id} is a socket of the host`, place));
    else if (!known.has(drive.id)) {
      const values = { expected: `${disks.length} drives`, actual: place };
      findings.push(mismatch(path, `vmstate has a drive ${drive.id} that cocoon.json does not list`, values));
    }
  }
  return findings;
}

/** cocoon names the tap of each interface anew, by its id; any other is opened as the state names it. */
function judgeInterfaces({ path, nics }: VmStateWitnesses, { networkInterfaces }: VmState): Finding[] {
  const ids = networkInterfaces.map(({ id }) => id);
  const findings = networkInterfaces
    .filter(
      ({ id }, index) =>
        ids.indexOf(id) !== index || !/^eth(0|[1-9][0-9]{0,2})$/.test(id) || Number(id.slice(3)) >= nics,
    )
    .map(({ id, tapName }) =>
      hostAccess(path, `the interface ${id} is none that cocoon gives a tap of its own`, tapName),
    );
  if (ids.length !== nics) {
    const values = { expected: `${nics} interfaces`, actual: `${ids.length} interfaces` };
    findings.push(mismatch(path, 'vmstate has another number of network interfaces', values, 'snapshot record'));
  }
  return findings;
}

/** Devices that cocoon never gives a Firecracker, and that have a path on the host. */
function judgeOthers({ path }: VmStateWitnesses, { vsocks, pmemDevices, memoryDevices }: VmState): Finding[] {
  return [
    ...vsocks.map(({ udsPath }) => hostAccess(path, 'a vsock has a socket of the host', udsPath)),
    ...pmemDevices.map((device) => hostAccess(path, 'a file of the host is mapped into the guest', device.path)),
    ...memoryDevices.map(({ deviceId }) => hostAccess(path, 'a memory device takes memory of the host', deviceId)),
  ];
}

function judgeMachine({ path, kernel, initrd, cpu, memory }: VmStateWitnesses, state: VmState): Finding[] {
  const findings: Finding[] = [];
  const { kernelPath, initrdPath } = state.bootSource;
  // cocoon.json has the kernel as it came, the machine booted what cocoon has unpacked of it (EnsureVmlinux).
  const kernels = [kernel, kernel.replace(/\/vmlinuz$/, '/vmlinux')];
  if (!kernels.includes(kernelPath)) {
    findings.push(mismatch(path, 'vmstate names another kernel', { expected: kernel, actual: kernelPath }));
  }
  if ((initrdPath ?? '') !== initrd) {
    const values = { expected: initrd || 'none', actual: initrdPath || 'none' };
    findings.push(mismatch(path, 'vmstate names another initial RAM disk', values));
  }
  if (state.vcpus !== cpu) {
    const values = { expected: `${cpu} processors`, actual: `${state.vcpus} processors` };
    findings.push(mismatch(path, 'vmstate has another number of processors', values));
  }
  const mapped = state.memoryRegions.reduce((sum, { size }) => sum + size, 0n);
  // cocoon asks Firecracker for whole MiB (configureVM in firecracker/start.go).
  const configured = (memory >> 20n) << 20n;
  if (mapped !== configured) {
    findings.push(
      finding('memory-size-mismatch', 'vmstate maps another amount of guest memory', {
        subject: path,
        expected: `${configured} bytes`,
        expectedFrom: 'cocoon.json',
        actual: `${mapped} bytes`,
      }),
    );
  }
  return findings;
}

function mismatch(
  subject: string,
  message: string,
  values: { readonly expected: string; readonly actual: string },
  expectedFrom = 'cocoon.json',
): Finding {
  return finding('sidecar-mismatch', message, { subject, ...values, expectedFrom });
}

function hostAccess(subject: string, message: string, actual: string): Finding {
  return finding('vm-config-host-access', `vmstate: ${message}`, { subject, expectedFrom: 'cocoon', actual });
}
