import type { FieldsOf } from './json-shape.js';

const bootConfig = {
  fields: { kernel_path: 'string', initrd_path: 'string', cmdline: 'string', firmware_path: 'string' },
} as const;

/** `cocoon.json`: what cocoon writes beside the hypervisor's own files. */
export const cocoonSidecarShape = {
  fields: {
    storage_configs: {
      items: {
        fields: {
          path: 'string',
          ro: 'boolean',
          serial: 'string',
          role: 'string',
          mount_point: 'string',
          fstype: 'string',
          direct_io: 'boolean',
        },
      },
    },
    boot_config: bootConfig,
    cpu: 'integer',
    memory: 'integer',
  },
} as const;

const runtimeFile = {
  fields: { mode: 'string', file: 'string', socket: 'string', iommu: 'any', iobase: 'any', pci_segment: 'any' },
} as const;

/**
 * `config.json`: the keys of Cloud Hypervisor 53. Typed is what cocoon decodes and what we judge by; the rest is named
 * so that no other spelling of it passes for an unknown key.
 */
export const vmConfigShape = {
  fields: {
    cpus: {
      fields: {
        boot_vcpus: 'integer',
        max_vcpus: 'integer',
        kvm_hyperv: 'boolean',
        topology: 'any',
        max_phys_bits: 'any',
        affinity: 'any',
        features: 'any',
        nested: 'any',
        core_scheduling: 'any',
        profile: 'any',
      },
    },
    memory: {
      fields: {
        size: 'integer',
        hugepages: 'boolean',
        mergeable: 'any',
        hotplug_method: 'any',
        hotplug_size: 'any',
        hotplugged_size: 'any',
        shared: 'any',
        hugepage_size: 'any',
        prefault: 'any',
        reserve: 'any',
        thp: 'any',
        zones: 'any',
      },
    },
    payload: {
      fields: {
        firmware: 'string',
        kernel: 'string',
        initramfs: 'string',
        cmdline: 'string',
        igvm: 'any',
        host_data: 'any',
        fw_cfg_config: 'any',
      },
    },
    disks: {
      items: {
        fields: {
          id: 'string',
          path: 'string',
          readonly: 'boolean',
          direct: 'boolean',
          sparse: 'boolean',
          image_type: 'string',
          backing_files: 'boolean',
          num_queues: 'integer',
          queue_size: 'integer',
          serial: 'string',
          queue_affinity: 'any',
          iommu: 'any',
          vhost_user: 'any',
          vhost_socket: 'any',
          rate_limit_group: 'any',
          rate_limiter_config: 'any',
          disable_io_uring: 'any',
          disable_aio: 'any',
          pci_segment: 'any',
          lock_granularity: 'any',
        },
      },
    },
    net: {
      items: {
        fields: {
          id: 'string',
          tap: 'string',
          mac: 'string',
          num_queues: 'integer',
          queue_size: 'integer',
          offload_tso: 'boolean',
          offload_ufo: 'boolean',
          offload_csum: 'boolean',
          ip: 'any',
          mask: 'any',
          host_mac: 'any',
          mtu: 'any',
          iommu: 'any',
          vhost_user: 'any',
          vhost_socket: 'any',
          vhost_mode: 'any',
          fds: 'any',
          rate_limiter_config: 'any',
          pci_segment: 'any',
        },
      },
    },
    rng: { fields: { src: 'string', iommu: 'any', pci_segment: 'any' } },
    balloon: {
      fields: {
        id: 'string',
        size: 'integer',
        deflate_on_oom: 'boolean',
        free_page_reporting: 'boolean',
        pci_segment: 'any',
      },
    },
    serial: runtimeFile,
    console: runtimeFile,
    debug_console: runtimeFile,
    vsock: { fields: { id: 'string', socket: 'string', cid: 'any', iommu: 'any', pci_segment: 'any' } },
    watchdog: 'any',
    pvpanic: 'any',
    iommu: 'any',
    landlock_enable: 'any',
    landlock_rules: 'any',
    rate_limit_groups: 'any',
    generic_vhost_user: 'any',
    fs: 'any',
    pmem: 'any',
    devices: 'any',
    user_devices: 'any',
    vdpa: 'any',
    numa: 'any',
    gdb: 'any',
    pci_segments: 'any',
    platform: 'any',
    tpm: 'any',
    ivshmem: 'any',
  },
} as const;

const componentState = { fields: { snapshot_data: { fields: { state: 'any' } } } } as const;

/** `state.json`: of the machine's components we look for the memory and the disks; each state is JSON in a string. */
export const machineStateShape = {
  fields: {
    snapshots: {
      fields: {
        'memory-manager': { fields: { snapshot_data: { fields: { state: 'string' } } } },
        'device-manager': { fields: { snapshots: { values: componentState } } },
      },
    },
  },
} as const;
export const memoryStateShape = {
  fields: { memory_ranges: { fields: { data: { items: { fields: { gpa: 'any', length: 'integer' } } } } } },
} as const;
export const diskStateShape = { fields: { disk_nsectors: 'integer' } } as const;

export type CocoonSidecar = FieldsOf<(typeof cocoonSidecarShape)['fields']>;
export type VmConfig = FieldsOf<(typeof vmConfigShape)['fields']>;
