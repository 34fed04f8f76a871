/** The state of the snapshot `fc:v1` as cocoon 0.3.8 left it, written by Firecracker 1.14; nothing was changed in it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture, ok, stateOf } from './fixture.js';

const test = suite('vmstate of a real snapshot');

const real = fixture('cocoon-1.14');
const layer0 = '71c555c6232b23b174de2ecb074570714e1c569881a23fd9c885edb95a6f8988';
const layer1 = 'e53599ac126d617541af6d4a70b39fedcb683d8fb2388e3e5a15de5b70df5944';

test('its version and its layout are told', () => {
  const { version, layout } = ok(real);
  assert.equal([version, layout], [{ major: 8, minor: 0, patch: 0 }, '1.14']);
});

test('the machine has the memory and the CPU that cocoon recorded', () => {
  const { memorySize, memoryRegions, vcpus, smt, hugePages, pciEnabled } = stateOf(real);
  assert.is(memorySize, 536_870_912n);
  assert.equal(memoryRegions, [{ base: 0n, size: 536_870_912n, kind: 'dram', plugged: [true] }]);
  assert.equal([vcpus, smt, hugePages, pciEnabled], [1, false, 'none', false]);
});

test('it keeps the boot files of the first start', () => {
  assert.equal(stateOf(real).bootSource, {
    kernelPath: `/var/lib/cocoon/oci/boot/${layer0}/vmlinuz`,
    initrdPath: `/var/lib/cocoon/oci/boot/${layer0}/initrd.img`,
    bootArgs:
      'console=ttyS0 reboot=k loglevel=3 pci=off i8042.noaux 8250.nr_uarts=1 boot=cocoon-overlay ' +
      'cocoon.layers=/dev/vdb,/dev/vda cocoon.cow=/dev/vdc clocksource=kvm-clock rw',
  });
});

test('its drives stand in another order than the guest sees them', () => {
  const common = { kind: 'virtio', partuuid: null, cacheType: 'unsafe', rootDevice: false };
  const layer = { ...common, readOnly: true, ioEngine: 'sync' };
  assert.equal(stateOf(real).blockDevices, [
    {
      ...layer,
      deviceId: 'drive_0',
      id: 'drive_0',
      place: { bus: 'mmio', address: 0xc000_2000n },
      path: `/var/lib/cocoon/oci/blobs/${layer0}.erofs`,
    },
    {
      ...common,
      deviceId: 'drive_2',
      id: 'drive_2',
      place: { bus: 'mmio', address: 0xc000_4000n },
      path: '/var/lib/cocoon/run/firecracker/WBU2V46LH7SE3BHGNWZ3XRXAZJ/cow.raw',
      readOnly: false,
      ioEngine: 'async',
    },
    {
      ...layer,
      deviceId: 'drive_1',
      id: 'drive_1',
      place: { bus: 'mmio', address: 0xc000_3000n },
      path: `/var/lib/cocoon/oci/blobs/${layer1}.erofs`,
    },
  ]);
});

test('it has a balloon, a source of entropy, and nothing else', () => {
  const state = stateOf(real);
  assert.equal(state.balloons, [
    {
      deviceId: 'balloon',
      place: { bus: 'mmio', address: 0xc000_1000n },
      targetSize: 134_217_728n,
      actualSize: 0n,
    },
  ]);
  assert.equal(state.entropyDevices, [{ deviceId: 'rng', place: { bus: 'mmio', address: 0xc000_5000n } }]);
  const { networkInterfaces, vsocks, pmemDevices, memoryDevices, mmds } = state;
  assert.equal([networkInterfaces, vsocks, pmemDevices, memoryDevices, mmds], [[], [], [], [], []]);
});

test.run();
