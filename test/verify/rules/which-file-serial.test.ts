import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SidecarDisk } from '../../../lib/verify/rules/disk-facts.js';
import { judgeWhichFile } from '../../../lib/verify/rules/which-file.js';
import { dataDisk, diskCodes, diskFacts, diskMessages, sidecarDisk, usualDisks } from './disk-literals.js';

const test = suite('serials and file systems of disks');

// hypervisor/cloudhypervisor/args.go joins a serial with commas, and the last `path=` wins in Cloud Hypervisor's parser.
const hostile = 'x,path=/dev/sda,image_type=raw,backing_files=off';

for (const serial of [
  '',
  'A',
  '1a',
  '-a',
  '_a',
  'a/b',
  'a.b',
  '../x',
  'cocoon-x',
  'a'.repeat(21),
  'a\n',
  'a ',
  hostile,
]) {
  test(`denied: a data disk with the serial ${JSON.stringify(serial)}`, () => {
    const found = judgeWhichFile(diskFacts([...usualDisks, dataDisk(serial)])).find(({ actual }) => actual === serial);
    assert.is(found?.code, 'sidecar-mismatch');
    assert.is(found?.message, 'disk 2 has a serial that cocoon does not give');
    assert.is(found?.expectedFrom, 'cocoon');
  });
}

test('allowed: the shortest and the longest serial, and one that only looks reserved', () => {
  for (const serial of ['a', 'a'.repeat(20), 'cocoon', 'cocoon_x', 'b-2_x']) {
    assert.equal(diskCodes([...usualDisks, dataDisk(serial)]), [], serial);
  }
});

test('denied: any serial of overlay or cidata, which cocoon pastes into the command line of the next start', () => {
  for (const serial of [hostile, 'x', ' ']) {
    assert.equal(
      diskMessages([sidecarDisk('cow', { serial })]),
      ['disk 0 has a serial that cocoon does not give'],
      'overlay',
    );
    assert.equal(
      diskMessages([sidecarDisk('cow'), sidecarDisk('cidata', { serial })]),
      ['disk 1 has a serial that cocoon does not give'],
      'cidata',
    );
  }
});

test('denied: any serial under a role that cocoon does not know', () => {
  assert.ok(
    diskMessages([sidecarDisk('cow'), sidecarDisk('base', { serial: 'x' })]).includes(
      'disk 1 has a serial that cocoon does not give',
    ),
  );
});

test('denied: two data disks of one serial, of which cocoon would open the same file twice', () => {
  const [found, ...others] = judgeWhichFile(
    diskFacts([...usualDisks, dataDisk('one'), dataDisk('two'), dataDisk('one')]),
  );
  assert.is(found?.code, 'sidecar-mismatch');
  assert.is(found?.message, 'disk 4 has the serial of another data disk');
  assert.is(found?.actual, 'one');
  assert.equal(others, []);
  assert.equal(diskCodes([...usualDisks, dataDisk('one'), dataDisk('two')]), []);
});

/** What ValidateStorageConfigs of cocoon (types/storage.go) accepts of a data disk. */
const mounts: readonly (readonly [string, string, boolean])[] = [
  ['ext4', '', true],
  ['ext4', '/mnt/scratch', true],
  ['ext4', '/', true],
  ['none', '', true],
  ['none', '/mnt', false],
  ['ext4', 'mnt', false],
  ['ext4', '../mnt', false],
  ['ext4', '/mnt\nruncmd: [id]', false],
  ['ext4', '/mnt\0', false],
  ['', '', false],
  ['xfs', '', false],
  ['EXT4', '', false],
  ['ext4,path=/dev/sda', '', false],
];
for (const [fstype, mount_point, allowed] of mounts) {
  test(`${allowed ? 'allowed' : 'denied'}: a data disk with ${JSON.stringify(fstype)} at ${JSON.stringify(mount_point)}`, () => {
    const found = diskMessages([...usualDisks, dataDisk('scratch', { fstype, mount_point })]);
    assert.equal(found, allowed ? [] : ['disk 2 has a file system that cocoon refuses']);
  });
}

test('a file system that is refused is shown with its mount point', () => {
  const disk: SidecarDisk = dataDisk('scratch', { fstype: 'xfs', mount_point: '/mnt' });
  const [found] = judgeWhichFile(diskFacts([...usualDisks, disk]));
  assert.is(found?.code, 'sidecar-mismatch');
  assert.is(found?.actual, 'xfs at /mnt');
});

test.run();
