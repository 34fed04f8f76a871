import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isRotational } from '../../lib/digest/rotational.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('digest/rotational');
const sysfs = temporaryDirectory();

/** A device of a made-up sysfs; `rotational` is what its own queue says, null where it has none. */
function device(numbers: string, folder: string, rotational: string | null): void {
  const place = join(sysfs, 'devices', folder);
  mkdirSync(place, { recursive: true });
  if (rotational !== null) {
    mkdirSync(join(place, 'queue'));
    writeFileSync(join(place, 'queue/rotational'), rotational);
  }
  mkdirSync(join(sysfs, 'dev/block'), { recursive: true });
  symlinkSync(join('../../devices', folder), join(sysfs, 'dev/block', numbers));
}

/** As glibc's makedev packs them. */
const makedev = (major: bigint, minor: bigint) =>
  ((major & 0xfffff000n) << 32n) | ((major & 0xfffn) << 8n) | ((minor & 0xffffff00n) << 12n) | (minor & 0xffn);

device('8:0', 'pci/ata1/block/sda', '1\n');
device('8:1', 'pci/ata1/block/sda/sda1', null);
device('259:0', 'pci/nvme/nvme0/nvme0n1', '0\n');
device('259:1', 'pci/nvme/nvme0/nvme0n1/nvme0n1p1', null);
device('253:7', 'virtual/block/dm-7', '1\n');
device('254:0', 'pci/virtio1/block/vda', '1\n');
device('254:1', 'pci/virtio1/block/vda/vda1', null);
device('8:16', 'pci/virtio2/host0/target0:0:0/0:0:0:0/block/sdb', '1\n');
device('202:1', 'vbd-51713/block/xvda1', '1\n');
device('4095:1048575', 'pci/ata2/block/sdz', '1\n');
device('5000:70000', 'pci/ata3/block/sdzz', '1\n');
device('7:0', 'virtual/block/loop0', '');

const turning: readonly (readonly [string, bigint, bigint])[] = [
  ['a disk that says so', 8n, 0n],
  ['a partition of one', 8n, 1n],
  ['a mapped device that says so', 253n, 7n],
  ['numbers as large as 12 and 20 bits hold', 4095n, 1048575n],
  ['a major number of more than 12 bits', 5000n, 70000n],
];
for (const [what, major, minor] of turning) {
  test(`${what} turns`, async () => {
    assert.is(await isRotational(makedev(major, minor), sysfs), true);
  });
}

const still: readonly (readonly [string, bigint, bigint])[] = [
  ['a disk that says that it does not turn', 259n, 0n],
  ['a partition of one', 259n, 1n],
  ['a virtio disk, whatever it says,', 254n, 0n],
  ['a partition of a virtio disk', 254n, 1n],
  ['a SCSI disk behind virtio, whatever it says,', 8n, 16n],
  ['a Xen disk, whatever it says,', 202n, 1n],
  ['a device that says nothing', 7n, 0n],
  ['the anonymous device of a btrfs or an overlay', 0n, 43n],
];
for (const [what, major, minor] of still) {
  test(`${what} counts as one that does not turn`, async () => {
    assert.is(await isRotational(makedev(major, minor), sysfs), false);
  });
}

test('the device of a file of this machine has the numbers that the kernel shows', async () => {
  const { dev } = statSync('/', { bigint: true });
  // The third field of a mount is major:minor (proc_pid_mountinfo(5)).
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n');
  const numbers = mounts.map((line) => line.split(' ')).findLast((fields) => fields[4] === '/')?.[2] ?? '';
  const own = temporaryDirectory();
  mkdirSync(join(own, 'devices/disk/queue'), { recursive: true });
  writeFileSync(join(own, 'devices/disk/queue/rotational'), '1\n');
  mkdirSync(join(own, 'dev/block'), { recursive: true });
  symlinkSync('../../devices/disk', join(own, 'dev/block', numbers));
  assert.is(await isRotational(dev, own), true, numbers);
  assert.type(await isRotational(dev), 'boolean');
});

test.run();
