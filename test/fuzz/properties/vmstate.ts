import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { judgeVmState } from '../../../lib/verify/rules/vmstate.js';
import { MAX_KEPT_ITEMS, MAX_STRING_BYTES } from '../../../lib/vmstate/limits.js';
import { readVmState } from '../../../lib/vmstate/read-vmstate.js';
import { buildVmState, repaired } from '../../builders/vmstate.js';
import { everyDevice, layouts } from '../../vmstate/every-device.js';
import { fixture } from '../../vmstate/fixture.js';
import { assertOfCatalogue, isAccepted } from '../answers/findings-of-the-catalogue.js';
import { byteEdit, editedBytes } from '../inputs/byte-edits.js';
import { property } from '../property.js';

const real = fixture('cocoon-1.14');
const states = [real, ...layouts.map((layout) => buildVmState(everyDevice(layout)))];

const disks = [
  { path: '/r/oci/blobs/a.erofs', ro: true },
  { path: '/r/run/firecracker/A/cow.raw', ro: false },
].map((disk) => ({ ...disk, serial: '', role: '', fstype: '', mount_point: '' }));
const witnesses = {
  path: 'x',
  disks,
  kernel: '/r/k/vmlinuz',
  initrd: '/r/k/initrd.img',
  cpu: 1,
  nics: 1,
  memory: 2n ** 27n,
};

const drive = fc.record({
  id: fc.constantFrom('drive_0', 'drive_1', 'drive_1', 'drive_2', 'drive_01', ''),
  path: fc.constantFrom(...disks.map(({ path }) => path), '/etc/shadow', '/r/oci/blobs/./a.erofs', 'a\u0000', ''),
  readOnly: fc.boolean(),
});
/** What most of them have, so that a state is accepted now and then. */
const honest = [
  { id: 'drive_0', path: '/r/oci/blobs/a.erofs', readOnly: true },
  { id: 'drive_1', path: '/r/run/firecracker/A/cow.raw', readOnly: false },
];
/** In either order, one of them with another name, path or mode. */
const oneChanged = fc
  .tuple(fc.nat(1), fc.constantFrom('id' as const, 'path' as const, 'readOnly' as const), drive, fc.boolean())
  .map(([index, field, other, isReversed]) => {
    const drives = honest.map((each, at) => (at === index ? { ...each, [field]: other[field] } : each));
    return isReversed ? drives.reverse() : drives;
  });
const net = { id: 'eth0', tapName: 'tap0' };
/** A state is accepted only if all is right at once. */
const mostly = <T>(right: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(right) }, fc.constantFrom(...others));
const machine = fc.record({
  layout: fc.constantFrom(...layouts),
  drives: fc.oneof(fc.constant(honest), oneChanged, fc.array(drive, { maxLength: 3 })),
  nets: mostly([net], [], [net, net], [{ id: 'eth1', tapName: 'br0' }]),
  kernelPath: mostly('/r/k/vmlinux', '/r/k/vmlinuz', '/r/k/../vmlinux'),
  initrdPath: mostly('/r/k/initrd.img', '', '/etc/shadow'),
  memoryMib: mostly(128n, 127n, 0n, 2n ** 43n),
  vcpus: mostly(1, 0, 2),
  vsock: mostly<{ cid: bigint; udsPath: string } | null>(null, { cid: 3n, udsPath: '/run/docker.sock' }),
  socketPath: mostly<string | null>(null, '/run/docker.sock'),
});

type Machine = typeof machine extends fc.Arbitrary<infer T> ? T : never;

function stateOf({ vsock, socketPath, drives, ...rest }: Machine) {
  const sockets = socketPath === null ? [] : [{ id: 'drive_1', deviceId: 'socket', socketPath }];
  const file = buildVmState({ ...rest, drives: [...drives, ...sockets], ...(vsock === null ? {} : { vsock }) });
  return readVmState(file);
}

/** Whether a Firecracker that loads this opens what cocoon.json names, and nothing else of the host. */
function opensWhatIsNamed({
  drives,
  nets,
  vsock,
  socketPath,
  kernelPath,
  initrdPath,
  memoryMib,
  vcpus,
}: Machine): boolean {
  const opened = [...drives]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, path, readOnly }) => [id, path, readOnly]);
  const named = disks.map(({ path, ro }, index) => [`drive_${index}`, path, ro]);
  const isMachine = memoryMib === 128n && vcpus === 1 && nets.length === 1 && nets[0]?.id === 'eth0';
  const isBoot = /^\/r\/k\/vmlinu[xz]$/.test(kernelPath) && initrdPath === '/r/k/initrd.img';
  return (
    JSON.stringify(opened) === JSON.stringify(named) && isMachine && isBoot && vsock === null && socketPath === null
  );
}

export const properties = [
  property({
    name: 'a vmstate of any bytes is decoded, unsupported or malformed',
    inputs: fc.record({
      state: fc.nat(states.length - 1),
      edits: fc.array(byteEdit, { minLength: 1, maxLength: 4 }),
      isRepaired: fc.constantFrom(true, true, true, false),
    }),
    holds: ({ state, edits, isRepaired }) => {
      const edited = editedBytes(states[state] as Buffer, edits);
      const read = readVmState(isRepaired && edited.length >= 8 ? repaired(edited) : edited);
      assertOfCatalogue(judgeVmState({ ...witnesses, facts: read }));
      if (read.kind !== 'ok') {
        assert.ok(read.kind === 'malformed' || read.kind === 'unsupported');
        return;
      }
      const { blockDevices, networkInterfaces, memoryRegions, pmemDevices } = read.state;
      for (const list of [blockDevices, networkInterfaces, memoryRegions, pmemDevices]) {
        assert.ok(list.length <= 2 * MAX_KEPT_ITEMS);
      }
      for (const device of blockDevices) {
        assert.ok(Buffer.byteLength(device.kind === 'virtio' ? device.path : device.socketPath) <= MAX_STRING_BYTES);
      }
    },
    quickRuns: 700,
  }),
  property({
    name: 'a vmstate is accepted only if Firecracker opens just what cocoon.json names',
    inputs: machine,
    holds: (built) => {
      const facts = stateOf(built);
      assert.is(facts.kind, 'ok');
      const findings = judgeVmState({ ...witnesses, facts });
      assertOfCatalogue(findings);
      assert.is(isAccepted(findings), opensWhatIsNamed(built));
    },
    quickRuns: 500,
  }),
];
