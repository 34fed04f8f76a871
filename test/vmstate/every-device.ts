import type { BuiltVmState } from '../builders/vmstate.js';
import { type BuiltDevices, type BuiltLayout, from } from '../builders/vmstate-devices.js';

export const layouts = ['1.12', '1.13', '1.14', '1.15', '1.16'] as const;

/** A VM with every device that a release knows, on every bus that it has. */
export function everyDevice(layout: BuiltLayout): BuiltVmState {
  const on = devicesOf(layout, '');
  return {
    layout,
    vcpus: 2,
    memoryMib: 5120n,
    regions: [
      { base: 0n, size: 3n << 30n },
      { base: 1n << 32n, size: 2n << 30n },
      ...(from(layout, '1.14')
        ? [{ base: 1n << 39n, size: 1n << 28n, hotpluggable: true, plugged: [false, true] }]
        : []),
    ],
    kernelPath: '/boot/vmlinux',
    initrdPath: '/boot/initrd',
    bootArgs: 'console=ttyS0',
    hugePages: true,
    treeDepth: 3,
    ...on,
    ...(layout === '1.12' ? {} : { pciEnabled: true, pci: devicesOf(layout, 'pci-') }),
  };
}

function devicesOf(layout: BuiltLayout, prefix: string): BuiltDevices {
  return {
    drives: [
      {
        id: `${prefix}root`,
        deviceId: `${prefix}root-device`,
        path: `${prefix}relative/disk`,
        readOnly: true,
        rootDevice: true,
        partuuid: '0eaa91a0-01',
        writeback: true,
      },
      { id: `${prefix}data`, path: `/${prefix}data`, async: true },
      { id: `${prefix}vhost`, socketPath: `/${prefix}vhost.sock` },
    ],
    nets: [
      { id: `${prefix}eth0`, tapName: `${prefix}tap7`, mac: 'aa:fc:00:00:00:01', mmds: true },
      { id: `${prefix}eth1`, tapName: `${prefix}tap8` },
    ],
    vsock: { cid: 3n, udsPath: `${prefix}v.sock` },
    balloon: { pages: 512, actualPages: 3 },
    mmds: 'V2',
    entropy: true,
    ...(from(layout, '1.14')
      ? {
          pmem: [{ id: `${prefix}pmem`, path: `${prefix}pmem.img`, rootDevice: true, readOnly: true }],
          memoryDevice: { base: 1n << 39n, size: 1n << 28n, requested: 1n << 27n },
        }
      : {}),
  };
}
