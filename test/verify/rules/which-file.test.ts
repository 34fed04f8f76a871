import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ConfigDisk,
  type DiskFacts,
  judgeSidecarAgainstConfig,
  judgeWhichFile,
  residentName,
  type SidecarDisk,
} from '../../../lib/verify/rules/which-file.js';

const test = suite('which-file');

const runDir = '/var/lib/cocoon/run/cloudhypervisor/DDFGWC5JIFBVGWYPYZ7274SN22';
const layer = `/var/lib/cocoon/oci/blobs/${'a'.repeat(64)}.erofs`;

function sidecarDisk(role: string, changes: Partial<SidecarDisk> = {}): SidecarDisk {
  const names: Record<string, string> = { cow: 'overlay.qcow2', cidata: 'cidata.img', data: 'data-scratch.raw' };
  const path = role === 'layer' ? layer : `${runDir}/${names[role] ?? 'x'}`;
  const ro = role === 'layer' || role === 'cidata';
  return { path, ro, serial: role === 'data' ? 'scratch' : '', role, ...changes };
}

/** The entry of config.json that cocoon writes for an entry of its sidecar. */
function configDisk(disk: SidecarDisk, index: number): ConfigDisk {
  const isCow = disk.role === 'cow';
  return {
    id: `_disk${index}`,
    path: disk.path,
    readonly: disk.ro,
    imageType: isCow ? 'Qcow2' : 'Raw',
    backingFiles: isCow,
  };
}

function facts(disks: readonly SidecarDisk[], changes: Partial<DiskFacts> = {}): DiskFacts {
  return {
    sidecarPath: '/snap/cocoon.json',
    sidecar: disks,
    config: disks.map(configDisk),
    kernel: '',
    roots: ['/var/lib/cocoon'],
    names: ['overlay.qcow2', 'cidata.img', 'cocoon.json'],
    imageType: 'cloudimg',
    hypervisor: 'cloud-hypervisor',
    ...changes,
  };
}

const usual = [sidecarDisk('cow'), sidecarDisk('cidata')];

function codes(disks: readonly SidecarDisk[], changes: Partial<DiskFacts> = {}): string[] {
  return judgeWhichFile(facts(disks, changes)).map(({ code }) => code);
}

function messages(disks: readonly SidecarDisk[], changes: Partial<DiskFacts> = {}): string[] {
  return judgeWhichFile(facts(disks, changes)).map(({ message }) => message);
}

test('allowed: overlay and cidata, as cocoon writes them', () => {
  assert.equal(codes(usual), []);
  assert.equal(judgeSidecarAgainstConfig(facts(usual)), []);
});

test('allowed: an overlay alone, as of Windows or once cidata was dropped', () => {
  assert.equal(codes([sidecarDisk('cow')]), []);
});

test('allowed: data disks between overlay and cidata', () => {
  const other = sidecarDisk('data', { serial: 'b-2_x', path: `${runDir}/data-b-2_x.raw` });
  assert.equal(codes([sidecarDisk('cow'), sidecarDisk('data'), other, sidecarDisk('cidata')]), []);
});

test('allowed: a record from before image type and hypervisor were kept', () => {
  assert.equal(codes(usual, { imageType: '', hypervisor: '' }), []);
});

test('allowed: the run directory of another host, because cocoon computes the path anew', () => {
  const path = '/data/run/cloudhypervisor/GBSBZUCC7BAGLMFWRYA6AEI7YA/overlay.qcow2';
  assert.equal(codes([sidecarDisk('cow', { path })]), []);
});

test('denied: a kernel, another image type or another hypervisor in what should be a cloud image', () => {
  assert.equal(messages(usual, { kernel: '/var/lib/cocoon/oci/boot/x/vmlinuz' }), [
    'config.json boots a kernel, the record is of a cloud image',
  ]);
  assert.equal(messages(usual, { imageType: 'oci' }), ['the image type of the record does not fit its disks']);
  assert.equal(messages(usual, { hypervisor: 'firecracker' }), ['the hypervisor of the record does not fit its files']);
});

test('denied: no overlay entry, or more than one', () => {
  for (const [disks, actual] of [
    [[sidecarDisk('cidata')], '0 entries'],
    [[sidecarDisk('cow'), sidecarDisk('cow')], '2 entries'],
  ] as const) {
    const [found, ...others] = judgeWhichFile(facts(disks));
    assert.is(found?.code, 'sidecar-mismatch');
    assert.is(found?.actual, actual);
    assert.equal(others, []);
  }
  assert.equal(codes([]), ['sidecar-mismatch']);
});

test('denied: a healthy cow.raw as decoy beside the overlay; either alone is no decoy', () => {
  assert.equal(codes(usual, { names: ['overlay.qcow2', 'cow.raw'] }), ['sidecar-mismatch']);
  assert.equal(codes(usual, { names: ['overlay.qcow2'] }), []);
  assert.equal(codes(usual, { names: ['cow.raw'] }), []);
});

test('denied: a role that cocoon does not know', () => {
  for (const role of ['', 'COW', 'base']) {
    const disk = sidecarDisk(role, { ro: true });
    assert.equal(messages([...usual, disk]), ['disk 2 has no role that cocoon knows'], role);
  }
});

test('denied: a file of the host under a role that cocoon does not know', () => {
  assert.equal(codes([...usual, sidecarDisk('base', { path: '/etc/shadow' })]), [
    'disk-outside-store',
    'sidecar-mismatch',
  ]);
});

test('denied: read-only marks that the role forbids', () => {
  for (const disk of [
    sidecarDisk('cow', { ro: true }),
    sidecarDisk('cidata', { ro: false }),
    sidecarDisk('data', { ro: true }),
  ]) {
    const disks = disk.role === 'cow' ? [disk] : [sidecarDisk('cow'), disk];
    const place = disks.length - 1;
    assert.equal(messages(disks), [`disk ${place} has a read-only mark that its role forbids`], disk.role);
  }
});

for (const serial of ['', 'A', '1a', 'a/b', 'a.b', '../x', 'cocoon-x', 'a'.repeat(21), 'a\n']) {
  test(`denied: a data disk with the serial ${JSON.stringify(serial)}`, () => {
    const disk = sidecarDisk('data', { serial, path: `${runDir}/data-${serial}.raw` });
    assert.ok(messages([...usual, disk]).includes('disk 2 has a serial that cocoon refuses'));
  });
}

test('allowed: the shortest and the longest serial, and one that only looks reserved', () => {
  for (const serial of ['a', 'a'.repeat(20), 'cocoon', 'cocoon_x']) {
    assert.equal(codes([...usual, sidecarDisk('data', { serial, path: `${runDir}/data-${serial}.raw` })]), [], serial);
  }
});

test('denied: a serial of the overlay, which cocoon pastes into the command line of the next start', () => {
  // hypervisor/cloudhypervisor/args.go joins it with commas, and the last `path=` wins in Cloud Hypervisor's parser.
  const serial = 'x,path=/dev/sda,image_type=raw,backing_files=off';
  assert.ok(codes([sidecarDisk('cow', { serial })]).length > 0, 'overlay');
  assert.ok(codes([sidecarDisk('cow'), sidecarDisk('cidata', { serial })]).length > 0, 'cidata');
});

test('denied: a layer in a cloud image, and twice where it is none of this store', () => {
  assert.equal(codes([sidecarDisk('layer'), sidecarDisk('cow')]), ['sidecar-mismatch']);
  const wrong = [
    '/etc/shadow',
    layer.replace('.erofs', '.raw'),
    layer.replace('/var/lib', '/data'),
    layer.replace('/blobs/', '/blobs/../blobs/'),
    layer.toUpperCase(),
    `${layer}/`,
    'x.erofs',
  ];
  for (const path of wrong) {
    assert.equal(
      codes([sidecarDisk('layer', { path }), sidecarDisk('cow')]),
      ['disk-outside-store', 'sidecar-mismatch'],
      path,
    );
  }
});

test('a layer lies in the store in any spelling of its root', () => {
  const path = layer.replace('/var/lib', '/data');
  const roots = ['/var/lib/cocoon', '/data/cocoon'];
  assert.equal(codes([sidecarDisk('layer', { path }), sidecarDisk('cow')], { roots }), ['sidecar-mismatch']);
});

const decoys = ['other.qcow2', 'cow.raw', 'overlay.qcow2.bak', 'Overlay.qcow2'];
for (const name of decoys) {
  test(`denied: an overlay that is called ${name} while cocoon opens overlay.qcow2`, () => {
    const [found, ...others] = judgeWhichFile(facts([sidecarDisk('cow', { path: `${runDir}/${name}` })]));
    assert.is(found?.code, 'sidecar-mismatch');
    assert.is(found?.expected, 'overlay.qcow2');
    assert.is(found?.actual, name);
    assert.equal(others, []);
  });
}

for (const path of ['/etc/shadow', '/dev/sda', 'shadow', '', '/', '/etc/', `${runDir}/..`, `${runDir}/../x/y`]) {
  test(`denied: an overlay at ${JSON.stringify(path)}`, () => {
    const found = codes([sidecarDisk('cow', { path })]);
    assert.ok(found.includes('sidecar-mismatch'));
    assert.is(found.includes('disk-outside-store'), path !== `${runDir}/..`);
  });
}

test('the base name is what Go computes: trailing slashes do not count', () => {
  assert.equal(codes([sidecarDisk('cow', { path: `${runDir}/overlay.qcow2//` })]), []);
  const shown = (path: string) =>
    judgeWhichFile(facts([sidecarDisk('cow', { path })])).find(({ code }) => code === 'sidecar-mismatch')?.actual;
  assert.is(shown(''), '.');
  assert.is(shown('//'), '/');
  assert.is(shown('a/'), 'a');
});

test('denied: a data disk that is not called after its serial', () => {
  const disk = sidecarDisk('data', { serial: 'other' });
  const [found] = judgeWhichFile(facts([...usual, disk]));
  assert.is(found?.expected, 'data-other.raw');
  assert.is(found?.actual, 'data-scratch.raw');
});

function withConfig(index: number, changes: Partial<ConfigDisk>): DiskFacts {
  const plain = facts(usual);
  return { ...plain, config: plain.config.map((disk, at) => (at === index ? { ...disk, ...changes } : disk)) };
}

test('denied: an image type that is not that of the role', () => {
  for (const [index, imageType, actual] of [
    [0, 'Raw', 'Raw'],
    [0, '', 'none'],
    [0, 'Unknown', 'Unknown'],
    [0, 'qcow2', 'qcow2'],
    [1, 'Qcow2', 'Qcow2'],
    [1, 'Vhdx', 'Vhdx'],
  ] as const) {
    const [found, ...others] = judgeWhichFile(withConfig(index, { imageType }));
    assert.is(found?.code, 'sidecar-mismatch');
    assert.is(found?.expected, index === 0 ? 'Qcow2' : 'Raw');
    assert.is(found?.actual, actual);
    assert.equal(others, []);
  }
});

test('denied: an overlay without backing files, and another disk with them', () => {
  for (const [index, backingFiles] of [
    [0, false],
    [1, true],
  ] as const) {
    const [found, ...others] = judgeWhichFile(withConfig(index, { backingFiles }));
    assert.is(found?.message, `disk ${index}: config.json has other backing_files`);
    assert.is(found?.actual, `backing_files ${backingFiles}`);
    assert.equal(others, []);
  }
});

test('denied: a disk that only config.json has, if it is anything but raw', () => {
  const plain = facts(usual);
  const extra: ConfigDisk = { id: 'x', path: '/x', readonly: false, imageType: 'Qcow2', backingFiles: true };
  assert.is(judgeWhichFile({ ...plain, config: [...plain.config, extra] }).length, 2);
});

test('the sidecar must list as many disks as config.json', () => {
  const plain = facts(usual);
  const [found, ...others] = judgeSidecarAgainstConfig({ ...plain, config: plain.config.slice(1) });
  assert.is(found?.code, 'sidecar-mismatch');
  assert.is(found?.expected, '2 disks');
  assert.is(found?.actual, '1 disks');
  assert.is(found?.expectedFrom, 'cocoon.json');
  assert.equal(others, []);
  assert.is(judgeSidecarAgainstConfig({ ...plain, config: [] }).length, 1);
});

test('the sidecar must list the same paths in the same order as config.json', () => {
  const [found, ...others] = judgeSidecarAgainstConfig(withConfig(1, { path: '/etc/shadow' }));
  assert.is(found?.message, 'disk 1: config.json names another path');
  assert.is(found?.actual, '/etc/shadow');
  assert.equal(others, []);
  const plain = facts(usual);
  assert.is(judgeSidecarAgainstConfig({ ...plain, config: [...plain.config].reverse() }).length, 2);
});

test('the sidecar must agree with config.json about what is read-only', () => {
  const [found, ...others] = judgeSidecarAgainstConfig(withConfig(0, { readonly: true }));
  assert.is(found?.message, 'disk 0: config.json differs in read-only');
  assert.is(found?.expected, 'read-only false');
  assert.is(found?.actual, 'read-only true');
  assert.equal(others, []);
});

test('the name under which a disk is opened comes from its role alone', () => {
  const names = ['cow', 'cidata', 'data', 'layer', 'x'].map((role) => residentName(sidecarDisk(role, { path: '/y' })));
  assert.equal(names, ['overlay.qcow2', 'cidata.img', 'data-scratch.raw', null, null]);
});

test('every finding names the sidecar and what to do', () => {
  for (const found of judgeWhichFile(facts([sidecarDisk('base', { path: '/etc/shadow' })]))) {
    assert.is(found.subject, '/snap/cocoon.json');
    assert.is(typeof found.remedy, 'string');
    assert.is(found.severity, 'error');
  }
});

test.run();
