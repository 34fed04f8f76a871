import { byteArray, option, present, struct, u32, u64 } from '../bincode.js';
import { type Layout, since } from '../versions.js';

/** VMGenIDState, src/vmm/src/devices/acpi/vmgenid.rs. */
const vmGenId = struct({ gsi: u32, addr: u64 });

/** vmclock_abi, src/vmm/src/devices/acpi/generated/vmclock_abi.rs: nothing in it has a length of its own. */
const VMCLOCK_ABI_BYTES = 104;

/** ACPIDeviceManagerState, src/vmm/src/device_manager/persist.rs. */
export function acpiDevices(layout: Layout) {
  const withClock = since(layout, '1.14');
  return struct({
    vmgenid: withClock ? vmGenId : option(vmGenId),
    vmclock: present(withClock, struct({ guestAddress: u64, inner: byteArray(VMCLOCK_ABI_BYTES) }), null),
  });
}
