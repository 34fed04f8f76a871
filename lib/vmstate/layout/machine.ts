import { bool, count, enumeration, option, present, string, struct, u64, vector } from '../serde.js';
import { type Layout, since } from '../versions.js';

/** BootSourceConfig, src/vmm/src/vmm_config/boot_source.rs. */
const bootSource = struct({
  kernelImagePath: string,
  initrdPath: option(string),
  bootArgs: option(string),
});

/** VmInfo, src/vmm/src/persist.rs; the order of the CPU templates is that of x86_64. */
export const vmInfo = struct({
  memSizeMib: u64,
  smt: bool,
  cpuTemplate: enumeration('C3', 'T2', 'T2S', 'None', 'T2CL', 'T2A'),
  bootSource,
  hugePages: enumeration('none', '2M'),
});

/** KvmState, src/vmm/src/vstate/kvm.rs: capabilities by number, each as text. */
export const kvmState = struct({ kvmCapModifiers: count(string) });

/** GuestMemoryState, src/vmm/src/vstate/memory.rs. */
export function guestMemory(layout: Layout) {
  const typed = since(layout, '1.14');
  const region = struct({
    baseAddress: u64,
    size: u64,
    regionType: present(typed, enumeration('dram', 'hotpluggable'), 'dram'),
    plugged: present(typed, vector(bool), [true]),
  });
  return struct({ regions: vector(region) });
}
