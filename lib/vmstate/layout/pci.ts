import {
  bool,
  bytes,
  count,
  enumeration,
  numbers,
  option,
  present,
  type Reader,
  string,
  struct,
  times,
  u8,
  u16,
  u32,
  u64,
} from '../serde.js';
import { type Layout, since } from '../versions.js';

const barRegionType = enumeration('memory-32', 'io', 'memory-64');

/**
 * PciConfigurationState: src/pci/src/configuration.rs in 1.13, src/vmm/src/pci/configuration.rs since. Its BARs stand
 * elsewhere from 1.16 on.
 */
function pciConfiguration(layout: Layout) {
  const rom = !since(layout, '1.14');
  const withBars = !since(layout, '1.16');
  const bar = struct({ addr: u32, size: u32, used: bool, type: present(rom, option(barRegionType), null) });
  const offset = withBars ? u64 : u8;
  return struct({
    registers: numbers(4),
    writableBits: numbers(4),
    bars: present(withBars, count(bar), 0),
    romBarAddr: present(rom, u32, 0),
    romBarSize: present(rom, u32, 0),
    romBarUsed: present(rom, bool, false),
    lastCapability: option(struct({ offset, id: offset })),
    msixCapRegIdx: present(withBars, option(u64), null),
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

/** PciSBDF, src/vmm/src/pci/mod.rs: segment, bus, device and function in a number; before 1.16 it is their text. */
const numberedAddress: Reader<string> = (from) => {
  const address = from.u32();
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
  const place = `${hex(address >>> 16, 4)}:${hex((address >>> 8) & 0xff, 2)}:${hex((address >>> 3) & 0x1f, 2)}`;
  return `${place}.${address & 7}`;
};

/** VirtioPciDeviceState, src/vmm/src/devices/virtio/transport/pci/device.rs. */
export function pciTransport(layout: Layout) {
  const allocated = !since(layout, '1.14');
  const newest = since(layout, '1.16');
  const bars = times(6, struct({ encodedAddr: u32, encodedSize: u32, aboutToBeRead: bool }));
  return struct({
    address: newest ? numberedAddress : string,
    deviceActivated: bool,
    capPciCfgOffset: newest ? u16 : u64,
    capPciCfg: bytes,
    pciConfigurationState: pciConfiguration(layout),
    pciDevState: commonConfig,
    msixState: msixConfig(layout),
    msiVectorGroup: present(allocated, numbers(4), 0),
    barConfiguration: present(allocated, barConfiguration, null),
    barAddress: present(!allocated && !newest, u64, 0n),
    bars: present(newest, bars, null),
    msixConfigCapOffset: present(newest, u16, 0),
  });
}
