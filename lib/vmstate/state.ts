/** Where a device sits: by its address in the guest's memory, or as `segment:bus:device.function`. */
export type BusAddress =
  | { readonly bus: 'mmio'; readonly address: bigint }
  | { readonly bus: 'pci'; readonly address: string };

/**
 * What a state says about the host and the size of its VM. All that Firecracker opens, connects to or creates for it
 * has a path or a name in here; the rest of the file is registers and addresses in the guest.
 */
export interface VmState {
  /** Bytes, as the machine's configuration says; what is mapped are the regions. */
  readonly memorySize: bigint;
  readonly memoryRegions: readonly MemoryRegion[];
  readonly vcpus: number;
  readonly smt: boolean;
  readonly hugePages: 'none' | '2M';
  readonly bootSource: BootSource;
  /** Without it Firecracker ignores all devices on that bus. */
  readonly pciEnabled: boolean;
  /** In the order of the file, which is that of a hash table, not the guest's: that is the order of their addresses. */
  readonly blockDevices: readonly BlockDevice[];
  readonly networkInterfaces: readonly NetworkInterface[];
  readonly vsocks: readonly Vsock[];
  readonly balloons: readonly Balloon[];
  readonly entropyDevices: readonly Device[];
  readonly pmemDevices: readonly PmemDevice[];
  readonly memoryDevices: readonly MemoryDevice[];
  /** The versions of the metadata service; one for each bus that has it. */
  readonly mmds: readonly ('V1' | 'V2')[];
}

/** Paths of the first boot: a restored VM keeps them in its configuration and opens neither. */
export interface BootSource {
  readonly kernelPath: string;
  readonly initrdPath: string | null;
  readonly bootArgs: string | null;
}

/** Regions are mapped from the memory file one behind the other, in this order. */
export interface MemoryRegion {
  /** Address in the guest. */
  readonly base: bigint;
  /** Bytes. */
  readonly size: bigint;
  readonly kind: 'dram' | 'hotpluggable';
  /** For each slot of the region, whether the guest has it. */
  readonly plugged: readonly boolean[];
}

export interface Device {
  /** The name by which the bus knows it; the API goes by the device's own `id`, where it has one. */
  readonly deviceId: string;
  readonly place: BusAddress;
}

export type BlockDevice = VirtioBlock | VhostUserBlock;

interface Block extends Device {
  readonly id: string;
  readonly partuuid: string | null;
  readonly cacheType: 'unsafe' | 'writeback';
  readonly rootDevice: boolean;
}

export interface VirtioBlock extends Block {
  readonly kind: 'virtio';
  /** Opened on the host, by its name as it stands: it may be relative. */
  readonly path: string;
  /** Opened for reading alone. */
  readonly readOnly: boolean;
  readonly ioEngine: 'sync' | 'async';
}

export interface VhostUserBlock extends Block {
  readonly kind: 'vhost-user';
  /** A UNIX socket. No release up to 1.16 restores such a device: it refuses the whole state. */
  readonly socketPath: string;
}

export interface NetworkInterface extends Device {
  readonly id: string;
  /** The tap device, opened by name unless the request to load names another. */
  readonly tapName: string;
  readonly guestMac: string | null;
  /** Whether it answers for the metadata service. */
  readonly mmds: boolean;
}

export interface Vsock extends Device {
  readonly cid: bigint;
  /** A UNIX socket that Firecracker creates, and the beginning of the names of those it connects to. */
  readonly udsPath: string;
}

export interface Balloon extends Device {
  /** Bytes that the guest is asked to give back. */
  readonly targetSize: bigint;
  /** Bytes that it has given back. */
  readonly actualSize: bigint;
}

export interface PmemDevice extends Device {
  readonly id: string;
  /** Opened on the host and mapped into the guest. */
  readonly path: string;
  readonly rootDevice: boolean;
  readonly readOnly: boolean;
  /** Address in the guest. */
  readonly base: bigint;
  /** Bytes. */
  readonly size: bigint;
}

export interface MemoryDevice extends Device {
  /** Address in the guest. */
  readonly base: bigint;
  /** Bytes that may be plugged in at most, and that are asked for. */
  readonly size: bigint;
  readonly requestedSize: bigint;
}
