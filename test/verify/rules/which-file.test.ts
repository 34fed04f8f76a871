import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeSidecarAgainstConfig } from '../../../lib/verify/rules/sidecar-against-config.js';
import { judgeWhichFile, residentName } from '../../../lib/verify/rules/which-file.js';
import {
  dataDisk,
  diskCodes,
  diskFacts,
  diskMessages,
  layer,
  runDir,
  sidecarDisk,
  usualDisks,
} from './disk-literals.js';

const test = suite('which-file');

test('allowed: overlay and cidata, as cocoon writes them', () => {
  assert.equal(diskCodes(usualDisks), []);
  assert.equal(judgeSidecarAgainstConfig(diskFacts(usualDisks)), []);
});

test('allowed: an overlay alone, as of Windows or once cidata was dropped', () => {
  assert.equal(diskCodes([sidecarDisk('cow')]), []);
});

test('allowed: data disks between overlay and cidata', () => {
  const disks = [sidecarDisk('cow'), sidecarDisk('data'), dataDisk('b-2_x'), sidecarDisk('cidata')];
  assert.equal(diskCodes(disks), []);
  assert.equal(judgeSidecarAgainstConfig(diskFacts(disks)), []);
});

test('allowed: a record from before image type and hypervisor were kept', () => {
  assert.equal(diskCodes(usualDisks, { imageType: '', hypervisor: '' }), []);
});

test('allowed: the run directory of another host, because cocoon computes the path anew', () => {
  const path = '/data/run/cloudhypervisor/GBSBZUCC7BAGLMFWRYA6AEI7YA/overlay.qcow2';
  assert.equal(diskCodes([sidecarDisk('cow', { path })]), []);
});

test('denied: a kernel, another image type or another hypervisor in what should be a cloud image', () => {
  assert.equal(diskMessages([], { kind: 'oci' }), [
    'config.json boots a kernel, the record is of a cloud image',
    'cocoon.json must have one entry with the role cow',
  ]);
  assert.equal(diskMessages(usualDisks, { imageType: 'oci' }), ['the image type of the record does not fit its disks']);
  assert.equal(diskMessages(usualDisks, { hypervisor: 'firecracker' }), [
    'the hypervisor of the record does not fit its files',
  ]);
});

test('denied: no overlay entry, or more than one', () => {
  for (const [disks, actual] of [
    [[sidecarDisk('cidata')], '0 entries'],
    [[sidecarDisk('cow'), sidecarDisk('cow')], '2 entries'],
  ] as const) {
    const [found, ...others] = judgeWhichFile(diskFacts(disks));
    assert.is(found?.code, 'sidecar-mismatch');
    assert.is(found?.actual, actual);
    assert.equal(others, []);
  }
  assert.equal(diskCodes([]), ['sidecar-mismatch']);
});

test('denied: a healthy cow.raw as decoy beside the overlay; either alone is no decoy', () => {
  assert.equal(diskCodes(usualDisks, { names: ['overlay.qcow2', 'cow.raw'] }), ['sidecar-mismatch']);
  assert.equal(diskCodes(usualDisks, { names: ['overlay.qcow2'] }), []);
  assert.equal(diskCodes(usualDisks, { names: ['cow.raw'] }), []);
});

test('denied: a role that cocoon does not know', () => {
  for (const role of ['', 'COW', 'base']) {
    const disk = sidecarDisk(role, { ro: true });
    assert.equal(diskMessages([...usualDisks, disk]), ['disk 2 has no role that cocoon knows'], role);
  }
});

test('denied: a file of the host under a role that cocoon does not know', () => {
  assert.equal(diskCodes([...usualDisks, sidecarDisk('base', { path: '/etc/shadow' })]), [
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
    assert.equal(diskMessages(disks), [`disk ${place} has a read-only mark that its role forbids`], disk.role);
  }
});

test('denied: a layer in a cloud image, and twice where it is none of this store', () => {
  assert.equal(diskCodes([sidecarDisk('layer'), sidecarDisk('cow')]), ['sidecar-mismatch']);
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
      diskCodes([sidecarDisk('layer', { path }), sidecarDisk('cow')]),
      ['disk-outside-store', 'sidecar-mismatch'],
      path,
    );
  }
});

test('a layer lies in the store in any spelling of its root', () => {
  const path = layer.replace('/var/lib', '/data');
  const roots = ['/var/lib/cocoon', '/data/cocoon'];
  assert.equal(diskCodes([sidecarDisk('layer', { path }), sidecarDisk('cow')], { roots }), ['sidecar-mismatch']);
});

const decoys = ['other.qcow2', 'cow.raw', 'overlay.qcow2.bak', 'Overlay.qcow2'];
for (const name of decoys) {
  test(`denied: an overlay that is called ${name} while cocoon opens overlay.qcow2`, () => {
    const [found, ...others] = judgeWhichFile(diskFacts([sidecarDisk('cow', { path: `${runDir}/${name}` })]));
    assert.is(found?.code, 'sidecar-mismatch');
    assert.is(found?.expected, 'overlay.qcow2');
    assert.is(found?.actual, name);
    assert.equal(others, []);
  });
}

for (const path of ['/etc/shadow', '/dev/sda', 'shadow', '', '/', '/etc/', `${runDir}/..`, `${runDir}/../x/y`]) {
  test(`denied: an overlay at ${JSON.stringify(path)}`, () => {
    const found = diskCodes([sidecarDisk('cow', { path })]);
    assert.ok(found.includes('sidecar-mismatch'));
    assert.is(found.includes('disk-outside-store'), path !== `${runDir}/..`);
  });
}

test('the base name is what Go computes: trailing slashes do not count, and no cocoon writes them', () => {
  assert.equal(diskCodes([sidecarDisk('cow', { path: `${runDir}/overlay.qcow2//` })]), ['disk-outside-store']);
  const shown = (path: string) =>
    judgeWhichFile(diskFacts([sidecarDisk('cow', { path })])).find(({ code }) => code === 'sidecar-mismatch')?.actual;
  assert.is(shown(''), '.');
  assert.is(shown('//'), '/');
  assert.is(shown('a/'), 'a');
});

test('a path of a million slashes is gone through once', () => {
  const path = `${'/'.repeat(2 ** 20)}x`;
  assert.ok(diskCodes([sidecarDisk('cow', { path })]).includes('sidecar-mismatch'));
});

test('denied: a data disk that is not called after its serial', () => {
  const [found, ...others] = judgeWhichFile(diskFacts([...usualDisks, sidecarDisk('data', { serial: 'other' })]));
  assert.is(found?.expected, 'data-other.raw');
  assert.is(found?.actual, 'data-scratch.raw');
  assert.equal(others, []);
});

test('the name under which a disk is opened comes from its role alone', () => {
  const names = ['cow', 'cidata', 'data', 'layer', 'x'].map((role) =>
    residentName(sidecarDisk(role, { path: '/y' }), 'cloud-image'),
  );
  assert.equal(names, ['overlay.qcow2', 'cidata.img', 'data-scratch.raw', null, null]);
});

test('every finding names the sidecar and what to do', () => {
  for (const found of judgeWhichFile(diskFacts([sidecarDisk('base', { path: '/etc/shadow' })]))) {
    assert.is(found.subject, '/snap/cocoon.json');
    assert.is(typeof found.remedy, 'string');
    assert.is(found.severity, 'error');
  }
});

test('beside a kernel the writable disk is cow.raw, on either hypervisor, and a layer is no file of the snapshot', () => {
  for (const kind of ['oci', 'firecracker'] as const) {
    const names = ['cow', 'data', 'layer'].map((role) => residentName(sidecarDisk(role, { path: '/y' }), kind));
    assert.equal(names, ['cow.raw', 'data-scratch.raw', null]);
  }
});

test.run();
