import { option, present, struct, times, u8, u16, u32, u64 } from '../serde.js';
import { type Layout, since } from '../versions.js';

/** VMGenIDState, src/vmm/src/devices/acpi/vmgenid.rs. */
const vmGenId = struct({ gsi: u32, addr: u64 });

/** vmclock_abi, src/vmm/src/devices/acpi/generated/vmclock_abi.rs. */
function vmClockPage(layout: Layout) {
  return struct({
    magic: u32,
    size: u32,
    version: u16,
    counterId: u8,
    timeType: u8,
    seqCount: u32,
    disruptionMarker: u64,
    flags: u64,
    pad: times(2, u8),
    clockStatus: u8,
    leapSecondSmearingHint: u8,
    taiOffsetSec: u16,
    leapIndicator: u8,
    counterPeriodShift: u8,
    counterValueToTimeMaxerrorNanosec: times(8, u64),
    vmGenerationCounter: present(since(layout, '1.15'), u64, 0n),
  });
}

/** ACPIDeviceManagerState, src/vmm/src/device_manager/persist.rs. */
export function acpiDevices(layout: Layout) {
  const withClock = since(layout, '1.14');
  const clock = struct({
    guestAddress: u64,
    gsi: present(since(layout, '1.15'), u32, 0),
    inner: vmClockPage(layout),
  });
  return struct({
    vmgenid: withClock ? vmGenId : option(vmGenId),
    vmclock: present(withClock, clock, null),
  });
}
