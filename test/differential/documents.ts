/** A healthy document of each kind that cocoon reads, with every key that it reads. */
import type { GoShape } from './go-reader.js';

const disk = (role: string, more: object = {}) => ({
  path: `/run/${role}`,
  ro: role !== 'cow',
  serial: role,
  role,
  ...more,
});
const boot = { kernel_path: '/k', initrd_path: '/i', cmdline: 'quiet', firmware_path: '/f' };
const sets = { image_blob_ids: { ab: {}, cd: {} } };
const record = {
  ...{ id: 'ABCD', name: 'app:v1', description: 'text', hypervisor: 'cloud-hypervisor', image_type: 'cloudimg' },
  ...{ cpu: 1, memory: 536_870_912, storage: 10_737_418_240, nics: 1, queue_size: 256, disk_queue_size: 256 },
  ...{ image: 'https://x/y', image_digest: 'sha256:ab', network: 'n', no_direct_io: false, windows: false, ...sets },
};
const kept = {
  created_at: '2026-11-24T20:44:00.071479253Z',
  pending: false,
  data_dir: '/root/snapshot/localfile/ABCD',
};
const { id: _, ...anonymous } = record;

export const documents: Readonly<Record<GoShape, object>> = {
  'cocoon.json': {
    storage_configs: [
      disk('cow'),
      disk('data', { mount_point: '/mnt', fstype: 'ext4', direct_io: true }),
      disk('cidata'),
    ],
    boot_config: boot,
    cpu: 1,
    memory: 536_870_912,
  },
  'config.json': {
    cpus: { boot_vcpus: 1, max_vcpus: 2, kvm_hyperv: false },
    memory: { size: 536_870_912, hugepages: false },
    payload: { firmware: '/f', kernel: '/k', initramfs: '/i', cmdline: 'quiet' },
    disks: [
      {
        ...{ id: '_disk0', path: '/run/cow', readonly: false, direct: true, sparse: true, image_type: 'Qcow2' },
        ...{ backing_files: true, num_queues: 1, queue_size: 512, serial: 's' },
      },
      { id: '_disk1', path: '/run/cidata', readonly: true },
    ],
    net: [
      {
        ...{ id: '_net2', tap: 'tap0', mac: '52:54:00:00:00:01', num_queues: 2, queue_size: 256 },
        ...{ offload_tso: true, offload_ufo: true, offload_csum: true },
      },
    ],
    rng: { src: '/dev/urandom' },
    balloon: { id: '_balloon', size: 1, deflate_on_oom: true, free_page_reporting: true },
    serial: { mode: 'Socket', file: '', socket: '/run/console.sock' },
    console: { mode: 'Off', file: '', socket: '' },
  },
  'snapshot.json': { version: 1, config: record },
  'snapshots.json': {
    snapshots: { ABCD: { ...record, ...kept }, EFGH: { ...anonymous, ...kept, name: 'other' } },
    names: { 'app:v1': 'ABCD', other: 'EFGH' },
  },
  cloudimg: { images: { u1: { ref: 'u1', content_sum: 'sha256:ab', size: 12, created_at: kept.created_at } } },
  oci: {
    images: {
      r1: {
        ...{ ref: 'r1', manifest_digest: 'sha256:ab', layers: [{ digest: 'sha256:cd' }, { digest: 'sha256:ef' }] },
        ...{ kernel_layer: 'sha256:cd', initrd_layer: 'sha256:ef', size: 3, created_at: kept.created_at },
      },
    },
  },
  'vms.json': {
    vms: { VM1: { id: 'VM1', storage_configs: [disk('layer'), disk('cow')], boot_config: boot } },
    names: { web: 'VM1' },
  },
};

/** Where a key of a document stands: keys, and numbers in lists. */
export type Path = readonly (string | number)[];

/** Objects whose keys are data: Go takes each as it stands. */
const dataOf: ReadonlySet<string> = new Set(['snapshots', 'names', 'images', 'vms', 'image_blob_ids']);

/** Every key that cocoon reads of a document. */
export function keysOf(document: unknown, at: Path = []): readonly Path[] {
  if (typeof document !== 'object' || document === null) return [];
  const isData = !Array.isArray(document) && dataOf.has(String(at.at(-1)));
  return Object.entries(document).flatMap(([key, value]) => {
    const path = [...at, Array.isArray(document) ? Number(key) : key];
    const own = Array.isArray(document) || isData ? [] : [path];
    return [...own, ...keysOf(value, path)];
  });
}

/** The text of a document in which the member at a path is written as `write` says; it is given key and value as JSON. */
export function rewritten(document: unknown, path: Path, write: (key: string, value: string) => string): string {
  const [step, ...rest] = path;
  if (Array.isArray(document)) {
    return `[${document.map((item, at) => (at === step ? rewritten(item, rest, write) : JSON.stringify(item))).join()}]`;
  }
  const members = Object.entries(document as object).map(([key, value]) => {
    const name = JSON.stringify(key);
    if (key !== step) return `${name}:${JSON.stringify(value)}`;
    return rest.length === 0 ? write(name, JSON.stringify(value)) : `${name}:${rewritten(value, rest, write)}`;
  });
  return `{${members.join()}}`;
}
