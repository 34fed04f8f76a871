import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeVmState, type VmStateWitnesses } from '../../../lib/verify/rules/vmstate.js';
import type { BlockDevice, NetworkInterface, VmState } from '../../../lib/vmstate/state.js';
import { sidecarDisk } from './disk-literals.js';

const test = suite('vmstate');

const boot = `/var/lib/cocoon/oci/boot/${'a'.repeat(64)}`;
const cow = '/var/lib/cocoon/run/firecracker/WBU2V46LH7SE3BHGNWZ3XRXAZJ/cow.raw';
const disks = [sidecarDisk('layer'), sidecarDisk('cow', { path: cow, serial: 'cocoon-cow' })];
const device = { deviceId: 'x', place: { bus: 'mmio', address: 0n } } as const;

const drives: readonly BlockDevice[] = disks.map(({ path, ro }, index) => ({
  ...device,
  kind: 'virtio',
  id: `drive_${index}`,
  partuuid: null,
  cacheType: 'unsafe',
  rootDevice: false,
  path,
  readOnly: ro,
  ioEngine: 'sync',
}));

const eth = (id: string): NetworkInterface => ({ ...device, id, tapName: `tap-${id}`, guestMac: null, mmds: false });

const state: VmState = {
  memorySize: 2n ** 29n,
  memoryRegions: [{ base: 0n, size: 2n ** 29n, kind: 'dram', plugged: [true] }],
  vcpus: 1,
  smt: false,
  hugePages: 'none',
  bootSource: { kernelPath: `${boot}/vmlinuz`, initrdPath: `${boot}/initrd.img`, bootArgs: null },
  pciEnabled: false,
  blockDevices: drives,
  networkInterfaces: [],
  vsocks: [],
  balloons: [{ ...device, targetSize: 0n, actualSize: 0n }],
  entropyDevices: [device],
  pmemDevices: [],
  memoryDevices: [],
  mmds: [],
};

function judge(changes: Partial<VmState> = {}, witnesses: Partial<VmStateWitnesses> = {}) {
  return judgeVmState({
    path: '/snap/vmstate',
    facts: {
      kind: 'ok',
      version: { major: 8, minor: 0, patch: 0 },
      layout: '1.14',
      state: { ...state, ...changes },
    },
    disks,
    kernel: `${boot}/vmlinuz`,
    initrd: `${boot}/initrd.img`,
    cpu: 1,
    nics: 0,
    memory: 2n ** 29n,
    ...witnesses,
  });
}
const codes = (...args: Parameters<typeof judge>) => judge(...args).map(({ code }) => code);

test('a state that names what cocoon.json names is right, in whatever order it has its drives', () => {
  assert.equal(judge(), []);
  assert.equal(judge({ blockDevices: [...drives].reverse() }), []);
});

test('memory that is no whole number of MiB is mapped without the rest', () => {
  assert.equal(judge({}, { memory: 2n ** 29n + 2n ** 20n - 1n }), []);
  assert.equal(codes({}, { memory: 2n ** 29n + 2n ** 20n }), ['memory-size-mismatch']);
});

test('the kernel may be the one that cocoon has unpacked', () => {
  assert.equal(judge({ bootSource: { ...state.bootSource, kernelPath: `${boot}/vmlinux` } }), []);
});

test('denied: a kernel that is unpacked elsewhere, in a store whose name is like that of a kernel', () => {
  const kernel = `/vmlinuz.d${boot}/vmlinuz`;
  const booted = (kernelPath: string) => codes({ bootSource: { ...state.bootSource, kernelPath } }, { kernel });
  assert.equal(booted(`/vmlinuz.d${boot}/vmlinux`), []);
  assert.equal(booted(`/vmlinux.d${boot}/vmlinuz`), ['sidecar-mismatch']);
});

test('interfaces whose taps cocoon names anew are right', () => {
  assert.equal(judge({ networkInterfaces: [eth('eth1'), eth('eth0')] }, { nics: 2 }), []);
});

const [layer, writable] = drives as [BlockDevice, BlockDevice];

const denied: readonly (readonly [string, Partial<VmState>, readonly string[]])[] = [
  [
    'a drive of another path',
    { blockDevices: [layer, { ...writable, path: '/etc/shadow' } as BlockDevice] },
    ['sidecar-mismatch'],
  ],
  [
    'a drive of a relative path',
    { blockDevices: [layer, { ...writable, path: 'cow.raw' } as BlockDevice] },
    ['sidecar-mismatch'],
  ],
  [
    'a layer that may be written',
    { blockDevices: [{ ...layer, readOnly: false } as BlockDevice, writable] },
    ['sidecar-mismatch'],
  ],
  ['a drive less', { blockDevices: [layer] }, ['sidecar-mismatch']],
  ['a drive more', { blockDevices: [...drives, { ...writable, id: 'drive_2' }] }, ['sidecar-mismatch']],
  ['a drive twice', { blockDevices: [...drives, writable] }, ['sidecar-mismatch']],
  [
    'a drive that is a socket',
    {
      blockDevices: [
        layer,
        {
          ...device,
          kind: 'vhost-user',
          id: 'drive_1',
          partuuid: null,
          cacheType: 'unsafe',
          rootDevice: false,
          socketPath: '/run/x.sock',
        },
      ],
    },
    ['vm-config-host-access'],
  ],
  [
    'an interface that the record does not have',
    { networkInterfaces: [eth('eth0')] },
    ['vm-config-host-access', 'sidecar-mismatch'],
  ],
  ['a vsock', { vsocks: [{ ...device, cid: 3n, udsPath: '/run/x.sock' }] }, ['vm-config-host-access']],
  [
    'a file that is mapped',
    {
      pmemDevices: [{ ...device, id: 'p', path: '/etc/shadow', rootDevice: false, readOnly: true, base: 0n, size: 0n }],
    },
    ['vm-config-host-access'],
  ],
  [
    'a memory device',
    { memoryDevices: [{ ...device, base: 0n, size: 1n, requestedSize: 0n }] },
    ['vm-config-host-access'],
  ],
  ['another kernel', { bootSource: { ...state.bootSource, kernelPath: '/boot/vmlinux' } }, ['sidecar-mismatch']],
  ['another initial RAM disk', { bootSource: { ...state.bootSource, initrdPath: null } }, ['sidecar-mismatch']],
  ['another number of processors', { vcpus: 2 }, ['sidecar-mismatch']],
  ['less memory', { memoryRegions: [{ base: 0n, size: 1n, kind: 'dram', plugged: [true] }] }, ['memory-size-mismatch']],
  ['no memory', { memoryRegions: [] }, ['memory-size-mismatch']],
];
for (const [what, changes, expected] of denied) {
  test(`denied: ${what}`, () => assert.equal(codes(changes), expected));
}

test('denied: an interface that cocoon gives no tap, whose tap would be opened by its name', () => {
  for (const id of ['eth1', 'eth00', 'eth-1', 'net0', 'veth0', 'eth0x', '']) {
    assert.equal(codes({ networkInterfaces: [eth(id)] }, { nics: 1 }), ['vm-config-host-access'], id);
  }
  assert.equal(codes({ networkInterfaces: [eth('eth0'), eth('eth0')] }, { nics: 2 }), ['vm-config-host-access']);
});

test('a state that cannot be decoded is denied where it is damaged, and unverified where it is of another version', () => {
  assert.equal(codes({}, { facts: { kind: 'malformed', reason: 'its CRC-64 is not that of its bytes', offset: 7 } }), [
    'vmstate-malformed',
  ]);
  const version = { major: 9, minor: 0, patch: 0 };
  assert.equal(codes({}, { facts: { kind: 'unsupported', version, reason: 'no' } }), ['snapshot-unsupported']);
  assert.equal(codes({}, { facts: { kind: 'unreadable', error: new Error('EIO') } }), ['file-unreadable']);
  assert.equal(codes({}, { facts: { kind: 'missing' } }), []);
});

test('of many places a few are listed, and how many there are', () => {
  const blockDevices = Array.from({ length: 1000 }, (_, index) => ({ ...writable, id: `other_${index}` }));
  const found = judge({ blockDevices });
  assert.is(found.length, 9);
  assert.match(found.at(-1)?.message ?? '', /^994 more places/);
});

test.run();
