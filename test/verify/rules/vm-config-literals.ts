import * as assert from 'uvu/assert';
import type { JsonObject } from '../../../lib/store/json-shape.js';
import { judgeVmConfig, type VmConfigFacts } from '../../../lib/verify/rules/vm-config.js';

export const vmId = 'DDFGWC5JIFBVGWYPYZ7274SN22';
export const runDir = `/var/lib/cocoon/run/cloudhypervisor/${vmId}`;
export const hex = 'a'.repeat(64);
export const boot = `/var/lib/cocoon/oci/boot/${hex}`;

/** A disk as Cloud Hypervisor 53 writes it back. */
export function disk(changes: JsonObject = {}): JsonObject {
  return {
    id: '_disk0',
    pci_segment: 0,
    path: `${runDir}/overlay.qcow2`,
    readonly: false,
    direct: true,
    num_queues: 1,
    queue_size: 512,
    vhost_user: false,
    disable_io_uring: false,
    disable_aio: false,
    backing_files: true,
    sparse: true,
    image_type: 'Qcow2',
    lock_granularity: 'ByteRange',
    ...changes,
  };
}

/** An interface as Cloud Hypervisor writes it back. */
export function net(changes: JsonObject = {}): JsonObject {
  return {
    id: '_net1',
    pci_segment: 0,
    tap: 'tapDDFGWC5J-0',
    mac: '0a:58:0a:58:00:02',
    num_queues: 2,
    queue_size: 512,
    vhost_user: false,
    vhost_mode: 'Client',
    offload_tso: true,
    offload_ufo: true,
    offload_csum: true,
    ...changes,
  };
}

/** A whole configuration as cocoon 0.3.8 and Cloud Hypervisor 53 write it. */
export function vmConfig(changes: JsonObject = {}): JsonObject {
  return {
    cpus: {
      boot_vcpus: 1,
      max_vcpus: 2,
      kvm_hyperv: false,
      max_phys_bits: 46,
      features: { amx: false },
      nested: true,
      core_scheduling: 'Vm',
      profile: 'Host',
    },
    memory: { size: 536870912, mergeable: false, hotplug_method: 'Acpi', shared: false, hugepages: false, thp: true },
    payload: { firmware: '/var/lib/cocoon/firmware/CLOUDHV.fd' },
    disks: [disk()],
    rng: { pci_segment: 0, src: '/dev/urandom' },
    balloon: { pci_segment: 0, size: 134217728, deflate_on_oom: true, free_page_reporting: true },
    serial: { mode: 'Socket', socket: `${runDir}/console.sock` },
    console: { mode: 'Off', pci_segment: 0 },
    debug_console: { mode: 'Off', iobase: 233 },
    pvpanic: false,
    iommu: false,
    watchdog: true,
    landlock_enable: false,
    ...changes,
  };
}

export function judge(changes: JsonObject, facts: Partial<VmConfigFacts> = {}) {
  return judgeVmConfig({
    config: vmConfig(changes),
    path: '/snap/config.json',
    roots: ['/var/lib/cocoon'],
    nics: 0,
    allowedSections: [],
    ...facts,
  });
}

/** The places that are complained about, without the file and the words around them. */
export function places(changes: JsonObject, facts: Partial<VmConfigFacts> = {}): string[] {
  return judge(changes, facts).map(({ code, message }) => {
    assert.is(code, 'vm-config-host-access');
    return message.replace(/^config\.json: (.*) is not what cocoon writes$/, '$1');
  });
}
