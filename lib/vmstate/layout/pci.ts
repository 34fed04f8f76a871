import {
  bool,
  bytes,
  count,
  enumeration,
  numbers,
  option,
  present,
  string,
  struct,
  u8,
  u16,
  u32,
  u64,
} from '../bincode.js';
import { type Layout, since } from '../versions.js';

const barRegionType = enumeration('memory-32', 'io', 'memory-64');

/** PciConfigurationState: src/pci/src/configuration.rs in 1.13, src/vmm/src/pci/configuration.rs since. */
function pciConfiguration(layout: Layout) {
  const rom = !since(layout, '1.14');
  const bar = struct({ addr: u32, size: u32, used: bool, type: present(rom, option(barRegionType), null) });
  return struct({
    registers: numbers(4),
    writableBits: numbers(4),
    bars: count(bar),
    romBarAddr: present(rom, u32, 0),
    romBarSize: present(rom, u32, 0),
    romBarUsed: present(rom, bool, false),
    lastCapability: option(struct({ offset: u64, id: u64 })),
    msixCapRegIdx: option(u64),
  });
}

/** VirtioPciCommonConfigState, src/vmm/src/devices/virtio/transport/pci/common_config.rs. */
const commonConfig = struct({
  driverStatus: u8,
  configGeneration: u8,
  deviceFeatureSelect: u32,
  driverFeatureSelect: u32,
  queueSelect: u16,
  msixConfig: u16,
  msixQueues: numbers(2),
});

/** MsixConfigState: src/pci/src/msix.rs in 1.13, src/vmm/src/pci/msix.rs since. */
function msixConfig(layout: Layout) {
  return struct({
    tableEntries: count(struct({ msgAddrLo: u32, msgAddrHi: u32, msgData: u32, vectorCtl: u32 })),
    pbaEntries: numbers(8),
    masked: bool,
    enabled: bool,
    vectors: present(since(layout, '1.14'), numbers(4), 0),
  });
}

const barConfiguration = struct({
  addr: u64,
  size: u64,
  idx: u64,
  regionType: barRegionType,
  prefetchable: enumeration('no', 'yes'),
});

/** VirtioPciDeviceState, src/vmm/src/devices/virtio/transport/pci/device.rs; the address of a device is text. */
export function pciTransport(layout: Layout) {
  const allocated = !since(layout, '1.14');
  return struct({
    pciDeviceBdf: string,
    deviceActivated: bool,
    capPciCfgOffset: u64,
    capPciCfg: bytes,
    pciConfigurationState: pciConfiguration(layout),
    pciDevState: commonConfig,
    msixState: msixConfig(layout),
    msiVectorGroup: present(allocated, numbers(4), 0),
    barConfiguration: present(allocated, barConfiguration, null),
    barAddress: present(!allocated, u64, 0n),
  });
}
