import { type Finding, finding } from '../../finding/finding.js';
import type { VmRecord } from '../../store/records.js';
import type { CocoonSidecar } from '../../store/sidecar-shapes.js';

/** What `vm restore VM SNAPSHOT` puts together. */
export interface RestoreFacts {
  readonly vm: VmRecord;
  readonly sidecar: CocoonSidecar;
}

/**
 * A restore opens the disks of the virtual machine's record under the snapshot's memory: their layers, boot files and
 * number must be those of the snapshot (end of rules.md). cocoon takes as many disks of the record as the snapshot has,
 * so the record may only have more of what a clone drops again (cidata).
 */
export function judgeRestore({ vm, sidecar }: RestoreFacts): Finding[] {
  const taken = vm.disks.slice(0, sidecar.storage_configs.length);
  const boot = sidecar.boot_config;
  const compared: readonly (readonly [what: string, expected: string, actual: string])[] = [
    ['disks', roles(sidecar.storage_configs), roles(taken)],
    ['layers', layers(sidecar.storage_configs), layers(vm.disks)],
    ['kernel', boot?.kernel_path || 'none', asItCame(vm) || 'none'],
    ['initrd', boot?.initrd_path || 'none', vm.initrd || 'none'],
    // Firecracker opens the disks that the snapshot's state names: of this machine they must be.
    ...(vm.hypervisor === 'firecracker' ? ([['own disks', own(sidecar.storage_configs), own(taken)]] as const) : []),
    ['further disks', 'none', roles(vm.disks.slice(taken.length).filter(({ role }) => role !== 'cidata'))],
  ];
  return compared
    .filter(([, expected, actual]) => expected !== actual)
    .map(([what, expected, actual]) =>
      finding('layer-mismatch', `the ${what} of the virtual machine are not those of the snapshot`, {
        subject: vm.id,
        expected,
        expectedFrom: 'cocoon.json',
        actual,
      }),
    );
}

/** A Firecracker's record has the kernel that cocoon unpacked, a snapshot the one that it came from (saveSnapshotMeta). */
function asItCame({ hypervisor, kernel }: VmRecord): string {
  return hypervisor === 'firecracker' ? kernel.replace(/\/vmlinux$/, '/vmlinuz') : kernel;
}

interface Disk {
  readonly path: string;
  readonly role: string;
}

const roles = (disks: readonly Disk[]) => disks.map(({ role }) => role).join(', ') || 'none';
const layers = (disks: readonly Disk[]) => roles(disks.filter(isLayer).map(({ path }) => ({ path, role: path })));
const own = (disks: readonly Disk[]) =>
  roles(disks.filter((disk) => !isLayer(disk)).map(({ path }) => ({ path, role: path })));
const isLayer = ({ role }: Disk) => role === 'layer';
