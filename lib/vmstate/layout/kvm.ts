import { bytes, count, numbers, option, present, type Reader, struct, u32 } from '../serde.js';
import { type Layout, since } from '../versions.js';
import { resourceAllocator } from './allocators.js';
import { guestMemory } from './machine.js';

/**
 * The structures of KVM are runs of bytes with their length before them (src/serialize.rs of the crate kvm-bindings);
 * one of another length than today's is filled up or cut, so the length itself proves nothing.
 */
const kvmStruct = bytes;

/** FamStructWrapper, src/fam.rs of the crate vmm-sys-util: a structure, then the items of the array that ends it. */
function famStruct(entries: Reader<number>) {
  return struct({ header: kvmStruct, entries });
}

/** VcpuState, src/vmm/src/arch/x86_64/vcpu.rs. */
export const vcpuState = struct({
  cpuid: famStruct(count(kvmStruct)),
  savedMsrs: count(famStruct(count(kvmStruct))),
  debugRegs: kvmStruct,
  lapic: kvmStruct,
  mpState: kvmStruct,
  regs: kvmStruct,
  sregs: kvmStruct,
  vcpuEvents: kvmStruct,
  xcrs: kvmStruct,
  xsave: famStruct(numbers(4)),
  tscKhz: option(u32),
});

/** VmState, src/vmm/src/arch/x86_64/vm.rs. */
export function vmState(layout: Layout) {
  return struct({
    memory: guestMemory(layout),
    resourceAllocator: present(since(layout, '1.13'), resourceAllocator(layout), null),
    pitstate: kvmStruct,
    clock: kvmStruct,
    picMaster: kvmStruct,
    picSlave: kvmStruct,
    ioapic: kvmStruct,
  });
}
