/** The files and the record of a snapshot of a cloud image, in the shapes of test/fixtures/real. */
import { createHash } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SnapshotSpec {
  readonly name: string;
  /** The reference of the image it was made from. */
  readonly image: string;
  /** Hexadecimal digest of the base. */
  readonly base: string;
  readonly overlay: Uint8Array;
  readonly id?: string;
  readonly memory?: number;
  readonly storage?: number;
  readonly dataDisks?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly pending?: boolean;
  /** cocoon has begun to delete it, in this phase. */
  readonly tombstone?: 'leased' | 'deleting';
  readonly edit?: (files: SnapshotFiles) => void;
}

/** The JSON of a snapshot, to be changed before it is written. */
export interface SnapshotFiles {
  record: Json;
  cocoon: Json;
  config: Json;
  state: Json;
}
// biome-ignore lint/suspicious/noExplicitAny: who edits one reaches into documents of any shape
type Json = Record<string, any>;

export const MEMORY = 536_870_912;
export const STORAGE = 10_737_418_240;

const CIDATA_BYTES = 1_048_576;

/** An id as cocoon's are, 26 characters of base32, always the same for a word. */
export function idFor(word: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return [...createHash('sha256').update(word).digest().subarray(0, 26)].map((byte) => digits[byte % 32]).join('');
}

export function writeSnapshot(directory: string, spec: SnapshotSpec, { cocoon, config, state }: SnapshotFiles): void {
  mkdirSync(directory, { mode: 0o750 });
  writeFileSync(join(directory, 'overlay.qcow2'), spec.overlay);
  writeFileSync(join(directory, 'cidata.img'), Buffer.alloc(CIDATA_BYTES));
  for (const disk of spec.dataDisks ?? []) writeFileSync(join(directory, `data-${disk.name}.raw`), disk.bytes);
  writeFileSync(join(directory, 'memory-ranges'), '', { mode: 0o600 });
  truncateSync(join(directory, 'memory-ranges'), spec.memory ?? MEMORY);
  for (const [name, document] of Object.entries({ cocoon, config, state })) {
    writeFileSync(join(directory, `${name}.json`), JSON.stringify(document), { mode: 0o600 });
  }
}

export function snapshotFiles(spec: SnapshotSpec, id: string, root: string): SnapshotFiles {
  const memory = spec.memory ?? MEMORY;
  const storage = spec.storage ?? STORAGE;
  const runDir = `${root}/run/cloudhypervisor/${idFor(`vm of ${spec.name}`)}`;
  const firmware = `${root}/firmware/CLOUDHV.fd`;
  const disks = [
    { path: `${runDir}/overlay.qcow2`, ro: false, serial: '', role: 'cow', bytes: storage },
    ...(spec.dataDisks ?? []).map(({ name, bytes }) => {
      return {
        path: `${runDir}/data-${name}.raw`,
        ro: false,
        serial: name,
        role: 'data',
        fstype: 'none',
        bytes: bytes.length,
      };
    }),
    { path: `${runDir}/cidata.img`, ro: true, serial: '', role: 'cidata', bytes: CIDATA_BYTES },
  ];
  return {
    record: {
      cpu: 1,
      memory,
      storage,
      image: spec.image,
      image_digest: `sha256:${spec.base}`,
      image_type: 'cloudimg',
      id,
      name: spec.name,
      image_blob_ids: { [spec.base]: {} },
      hypervisor: 'cloud-hypervisor',
      created_at: '2026-11-24T20:44:00.071479253Z',
      ...(spec.pending === true ? { pending: true } : {}),
      data_dir: `${root}/snapshot/localfile/${id}`,
    },
    cocoon: {
      storage_configs: disks.map(({ bytes: _, ...disk }) => disk),
      boot_config: { firmware_path: firmware },
    },
    config: {
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
      memory: {
        size: memory,
        mergeable: false,
        hotplug_method: 'Acpi',
        shared: false,
        hugepages: false,
        prefault: false,
        reserve: false,
        thp: true,
      },
      payload: { firmware },
      disks: disks.map((disk, at) => vmDisk(disk, at)),
      rng: { pci_segment: 0, src: '/dev/urandom' },
      balloon: { pci_segment: 0, size: memory / 4, deflate_on_oom: true, free_page_reporting: true },
      serial: { mode: 'Socket', socket: `${runDir}/console.sock` },
      console: { mode: 'Off', pci_segment: 0 },
      debug_console: { mode: 'Off', iobase: 233 },
      pvpanic: false,
      iommu: false,
      watchdog: true,
      landlock_enable: false,
    },
    state: machineState(memory, disks),
  };
}

function vmDisk(disk: { path: string; ro: boolean; serial: string; role: string }, at: number): Json {
  return {
    id: `_disk${at}`,
    pci_segment: 0,
    path: disk.path,
    readonly: disk.ro,
    direct: !disk.ro,
    num_queues: 1,
    queue_size: 512,
    vhost_user: false,
    disable_io_uring: false,
    disable_aio: false,
    ...(disk.serial === '' ? {} : { serial: disk.serial }),
    backing_files: disk.role === 'cow',
    sparse: true,
    image_type: disk.role === 'cow' ? 'Qcow2' : 'Raw',
    lock_granularity: 'ByteRange',
  };
}

function machineState(memory: number, disks: readonly { path: string; bytes: number }[]): Json {
  const component = (state: unknown, snapshots: Json = {}) => ({
    snapshots,
    snapshot_data: { state: JSON.stringify(state) },
  });
  const devices: Json = {};
  for (const [at, { path, bytes }] of disks.entries()) {
    devices[`_disk${at}`] = component({ disk_path: path, disk_nsectors: bytes / 512, config: { blk_size: 512 } });
  }
  return {
    snapshots: {
      'cpu-manager': { snapshots: { 0: component({ Kvm: { cpuid: [], tsc_khz: 2_000_000 } }) } },
      'device-manager': component({ device_tree: {} }, devices),
      'memory-manager': component({
        memory_ranges: { data: [{ gpa: 0, length: memory }] },
        arch_mem_regions: [{ base: 4_294_967_296, size: 0, r_type: 'Ram' }],
      }),
    },
    snapshot_data: null,
  };
}
