import type { ConfigDisk, DiskFacts, SidecarDisk } from '../../../lib/verify/rules/disk-facts.js';
import { judgeWhichFile } from '../../../lib/verify/rules/which-file.js';

export const runDir = '/var/lib/cocoon/run/cloudhypervisor/DDFGWC5JIFBVGWYPYZ7274SN22';
export const layer = `/var/lib/cocoon/oci/blobs/${'a'.repeat(64)}.erofs`;

/** An entry of the sidecar as cocoon writes it for a role. */
export function sidecarDisk(role: string, changes: Partial<SidecarDisk> = {}): SidecarDisk {
  const names: Record<string, string> = { cow: 'overlay.qcow2', cidata: 'cidata.img', data: 'data-scratch.raw' };
  return {
    path: role === 'layer' ? layer : `${runDir}/${names[role] ?? 'x'}`,
    ro: role === 'layer' || role === 'cidata',
    serial: role === 'data' ? 'scratch' : '',
    role,
    fstype: role === 'data' ? 'ext4' : '',
    mount_point: '',
    ...changes,
  };
}

/** A data disk that is called after its serial. */
export function dataDisk(serial: string, changes: Partial<SidecarDisk> = {}): SidecarDisk {
  return sidecarDisk('data', { serial, path: `${runDir}/data-${serial}.raw`, ...changes });
}

/** The entry of config.json that cocoon writes for an entry of its sidecar. */
function configDisk(disk: SidecarDisk, index: number): ConfigDisk {
  const isCow = disk.role === 'cow';
  return {
    id: `_disk${index}`,
    path: disk.path,
    readonly: disk.ro,
    serial: disk.serial,
    imageType: isCow ? 'Qcow2' : 'Raw',
    backingFiles: isCow,
  };
}

export function diskFacts(disks: readonly SidecarDisk[], changes: Partial<DiskFacts> = {}): DiskFacts {
  return {
    sidecarPath: '/snap/cocoon.json',
    sidecar: disks,
    config: disks.map(configDisk),
    kind: 'cloud-image',
    roots: ['/var/lib/cocoon'],
    runDirs: ['/var/lib/cocoon/run'],
    stateIds: disks.map((_disk, index) => `_disk${index}`),
    names: ['overlay.qcow2', 'cidata.img', 'cocoon.json'],
    imageType: 'cloudimg',
    hypervisor: 'cloud-hypervisor',
    ...changes,
  };
}

/** Overlay and cidata, as of every cloud image. */
export const usualDisks = [sidecarDisk('cow'), sidecarDisk('cidata')];

/** The facts of the usual disks with one entry of config.json changed. */
export function withConfig(index: number, changes: Partial<ConfigDisk>): DiskFacts {
  const plain = diskFacts(usualDisks);
  return { ...plain, config: plain.config.map((disk, at) => (at === index ? { ...disk, ...changes } : disk)) };
}

export function diskCodes(disks: readonly SidecarDisk[], changes: Partial<DiskFacts> = {}): string[] {
  return judgeWhichFile(diskFacts(disks, changes)).map(({ code }) => code);
}

export function diskMessages(disks: readonly SidecarDisk[], changes: Partial<DiskFacts> = {}): string[] {
  return judgeWhichFile(diskFacts(disks, changes)).map(({ message }) => message);
}
