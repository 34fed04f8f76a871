/**
 * The fixtures were written by the code of Firecracker 1.12.1, 1.13.2, 1.14.0, 1.15.1 and 1.16.1: what the builder makes of
 * `everyDevice` was loaded by its `Snapshot::load` and saved again by its `Snapshot::save`.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { VmState } from '../../lib/vmstate/state.js';
import { buildVmState } from '../builders/vmstate.js';
import { everyDevice, layouts } from './every-device.js';
import { fixture, ok, stateOf } from './fixture.js';

const test = suite('vmstate devices');

const mmio = (page: number) => ({ bus: 'mmio', address: BigInt(0xc000_0000 + page * 4096) }) as const;
const pci = (device: string) => ({ bus: 'pci', address: `0000:00:${device}.0` }) as const;

function both(read: (state: VmState) => void): void {
  read(stateOf(fixture('every-device-1.14')));
  read(stateOf(buildVmState(everyDevice('1.14'))));
}

for (const layout of layouts) {
  test(`what Firecracker ${layout} writes is read as what the builder writes`, () => {
    const written = ok(fixture(`every-device-${layout}`));
    assert.is(written.layout, layout);
    assert.equal(written, ok(buildVmState(everyDevice(layout))));
  });
}

test('the same VM is the same state, whichever release and codec wrote it', () => {
  const state = stateOf(fixture('every-device-1.14'));
  assert.equal(stateOf(fixture('every-device-1.15')), state);
  assert.equal(stateOf(fixture('every-device-1.16')), state);
});

test('the machine is told whole', () => {
  both((state) => {
    const { memorySize, memoryRegions, vcpus, hugePages, bootSource, pciEnabled } = state;
    assert.equal([memorySize, vcpus, hugePages, pciEnabled], [5n << 30n, 2, '2M', true]);
    assert.equal(memoryRegions, [
      { base: 0n, size: 3n << 30n, kind: 'dram', plugged: [true] },
      { base: 1n << 32n, size: 2n << 30n, kind: 'dram', plugged: [true] },
      { base: 1n << 39n, size: 1n << 28n, kind: 'hotpluggable', plugged: [false, true] },
    ]);
    assert.equal(bootSource, { kernelPath: '/boot/vmlinux', initrdPath: '/boot/initrd', bootArgs: 'console=ttyS0' });
  });
});

test('drives of both buses are told, a relative path and a socket as they stand', () => {
  both(({ blockDevices }) => {
    assert.is(blockDevices.length, 6);
    const [root, data, vhost, , , pciVhost] = blockDevices;
    assert.equal(root, {
      kind: 'virtio',
      deviceId: 'root-device',
      place: mmio(1),
      id: 'root',
      partuuid: '0eaa91a0-01',
      cacheType: 'writeback',
      rootDevice: true,
      path: 'relative/disk',
      readOnly: true,
      ioEngine: 'sync',
    });
    assert.equal(data, {
      kind: 'virtio',
      deviceId: 'data',
      place: mmio(2),
      id: 'data',
      partuuid: null,
      cacheType: 'unsafe',
      rootDevice: false,
      path: '/data',
      readOnly: false,
      ioEngine: 'async',
    });
    const common = { kind: 'vhost-user', partuuid: null, cacheType: 'unsafe', rootDevice: false };
    assert.equal(vhost, { ...common, deviceId: 'vhost', id: 'vhost', place: mmio(3), socketPath: '/vhost.sock' });
    assert.equal(pciVhost, {
      ...common,
      deviceId: 'pci-vhost',
      id: 'pci-vhost',
      place: pci('03'),
      socketPath: '/pci-vhost.sock',
    });
  });
});

test('network interfaces are told with their taps', () => {
  both(({ networkInterfaces }) => {
    assert.equal(networkInterfaces, [
      { deviceId: 'eth0', id: 'eth0', place: mmio(4), tapName: 'tap7', guestMac: 'aa:fc:00:00:00:01', mmds: true },
      { deviceId: 'eth1', id: 'eth1', place: mmio(5), tapName: 'tap8', guestMac: null, mmds: false },
      {
        deviceId: 'pci-eth0',
        id: 'pci-eth0',
        place: pci('04'),
        tapName: 'pci-tap7',
        guestMac: 'aa:fc:00:00:00:01',
        mmds: true,
      },
      { deviceId: 'pci-eth1', id: 'pci-eth1', place: pci('05'), tapName: 'pci-tap8', guestMac: null, mmds: false },
    ]);
  });
});

test('vsocks, balloons, entropy and the metadata service are told', () => {
  both(({ vsocks, balloons, entropyDevices, mmds }) => {
    assert.equal(vsocks, [
      { deviceId: 'vsock', place: mmio(6), cid: 3n, udsPath: 'v.sock' },
      { deviceId: 'vsock', place: pci('06'), cid: 3n, udsPath: 'pci-v.sock' },
    ]);
    assert.equal(balloons, [
      { deviceId: 'balloon', place: mmio(7), targetSize: 2n << 20n, actualSize: 12_288n },
      { deviceId: 'balloon', place: pci('07'), targetSize: 2n << 20n, actualSize: 12_288n },
    ]);
    assert.equal(entropyDevices, [
      { deviceId: 'rng', place: mmio(8) },
      { deviceId: 'rng', place: pci('08') },
    ]);
    assert.equal(mmds, ['V2', 'V2']);
  });
});

test('persistent memory is told with its file, memory to plug in with its size', () => {
  both(({ pmemDevices, memoryDevices }) => {
    const pmem = { rootDevice: true, readOnly: true, base: 1n << 40n, size: 2n << 20n };
    assert.equal(pmemDevices, [
      { ...pmem, deviceId: 'pmem', id: 'pmem', place: mmio(9), path: 'pmem.img' },
      { ...pmem, deviceId: 'pci-pmem', id: 'pci-pmem', place: pci('09'), path: 'pci-pmem.img' },
    ]);
    const memory = { deviceId: 'virtio-mem', base: 1n << 39n, size: 1n << 28n, requestedSize: 1n << 27n };
    assert.equal(memoryDevices, [
      { ...memory, place: mmio(10) },
      { ...memory, place: pci('0a') },
    ]);
  });
});

test('1.12 has no PCI bus, and neither it nor 1.13 has persistent memory', () => {
  const oldest = stateOf(fixture('every-device-1.12'));
  assert.is(oldest.pciEnabled, false);
  assert.equal([oldest.blockDevices.length, oldest.pmemDevices, oldest.memoryDevices], [3, [], []]);
  const older = stateOf(fixture('every-device-1.13'));
  assert.is(older.pciEnabled, true);
  assert.equal([older.blockDevices.length, older.pmemDevices, older.memoryDevices], [6, [], []]);
});

test('devices of a PCI bus that is off are told all the same', () => {
  const state = stateOf(buildVmState({ pci: { drives: [{ path: '/etc/shadow' }] } }));
  assert.is(state.pciEnabled, false);
  assert.is(state.blockDevices.length, 1);
});

test('the least state has nothing on the host but a kernel', () => {
  const state = stateOf(buildVmState());
  assert.equal(state.bootSource, { kernelPath: '/vmlinuz', initrdPath: null, bootArgs: null });
  assert.equal([state.blockDevices, state.networkInterfaces, state.vsocks, state.pmemDevices], [[], [], [], []]);
});

test.run();
