import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DiskFacts, SidecarDisk } from '../../../lib/verify/rules/disk-facts.js';
import { judgeWhichFile } from '../../../lib/verify/rules/which-file.js';
import { dataDisk, diskFacts, layer, runDir, sidecarDisk } from './disk-literals.js';

const test = suite('which files a snapshot of an OCI image opens');

const vm = 'DDFGWC5JIFBVGWYPYZ7274SN22';
const fcDir = `/var/lib/cocoon/run/firecracker/${vm}`;

const layers = ['a', 'b'].map((digit, index) => {
  return sidecarDisk('layer', {
    path: layer.replaceAll('a'.repeat(64), digit.repeat(64)),
    serial: `cocoon-layer${index}`,
  });
});
const [lower, upper] = layers as [SidecarDisk, SidecarDisk];
const cowAt = (directory: string, changes: Partial<SidecarDisk> = {}) => {
  return sidecarDisk('cow', { path: `${directory}/cow.raw`, serial: 'cocoon-cow', ...changes });
};
const dataAt = (directory: string) => dataDisk('scratch', { path: `${directory}/data-scratch.raw` });

function oci(disks: readonly SidecarDisk[], changes: Partial<DiskFacts> = {}): string[] {
  const plain = diskFacts(disks);
  const config = plain.config.map((disk) => ({ ...disk, imageType: 'Raw', backingFiles: false }));
  const facts = { ...plain, config, kind: 'oci', imageType: 'oci', names: ['cow.raw'], ...changes } as const;
  return judgeWhichFile(facts).map(({ message }) => message);
}

/** A Firecracker has no config.json. */
function firecracker(disks: readonly SidecarDisk[], changes: Partial<DiskFacts> = {}): string[] {
  return oci(disks, { config: [], kind: 'firecracker', hypervisor: 'firecracker', ...changes });
}

const usual = [lower, upper, cowAt(runDir), dataAt(runDir)];
const usualOfFirecracker = [lower, upper, cowAt(fcDir), dataAt(fcDir)];

test('allowed: layers, the writable disk and data disks, as cocoon writes them', () => {
  assert.equal(oci(usual), []);
  assert.equal(firecracker(usualOfFirecracker), []);
  assert.equal(oci(usual, { imageType: '', hypervisor: '' }), []);
  assert.equal(firecracker(usualOfFirecracker, { imageType: '', hypervisor: '' }), []);
});

test('allowed: a layer that stands behind the writable disk is counted among layers alone', () => {
  assert.equal(oci([lower, cowAt(runDir), upper]), []);
});

test('denied: the image type or the hypervisor of another kind', () => {
  const kernel = 'config.json boots a kernel, the record is of a cloud image';
  assert.equal(oci(usual, { imageType: 'cloudimg' }), [kernel]);
  assert.equal(firecracker(usualOfFirecracker, { imageType: 'cloudimg' }), [
    'the image type of the record does not fit its disks',
  ]);
  const other = ['the hypervisor of the record does not fit its files'];
  assert.equal(oci(usual, { hypervisor: 'firecracker' }), other);
  assert.equal(firecracker(usualOfFirecracker, { hypervisor: 'cloud-hypervisor' }), other);
});

test('denied: a serial by which the guest does not find the disk', () => {
  const wrong = (place: number) => [`disk ${place} has a serial that cocoon does not give`];
  for (const serial of ['', 'x', 'cocoon-layer0']) {
    assert.equal(oci([lower, upper, cowAt(runDir, { serial })]), wrong(2), serial);
  }
  for (const serial of ['', 'cocoon-layer0', 'cocoon-layer2', 'cocoon-cow']) {
    assert.equal(oci([lower, { ...upper, serial }, cowAt(runDir)]), wrong(1), serial);
  }
  assert.equal(firecracker([{ ...lower, serial: 'cocoon-layer1' }, cowAt(fcDir)]), wrong(0));
});

test('denied: cidata beside a kernel, whose path cocoon does not compute', () => {
  assert.equal(oci([...usual, sidecarDisk('cidata')]), ['disk 4 is cidata']);
  const cidata = sidecarDisk('cidata', { path: `${fcDir}/cidata.img` });
  assert.equal(firecracker([...usualOfFirecracker, cidata]), ['disk 4 is cidata']);
});

test('denied: a writable disk that the hypervisor opens as qcow2, with backing files or without', () => {
  const config = (changes: object) => {
    const plain = diskFacts(usual).config.map((disk) => ({ ...disk, imageType: 'Raw', backingFiles: false }));
    return oci(usual, { config: plain.map((disk, index) => (index === 2 ? { ...disk, ...changes } : disk)) });
  };
  assert.equal(config({ imageType: 'Qcow2' }), ['disk 2: config.json has another image_type']);
  assert.equal(config({ backingFiles: true }), ['disk 2: config.json has other backing_files']);
});

test('denied: an overlay in the place of the writable disk, and one beside it', () => {
  const named = ['disk 2 is not called what cocoon opens'];
  assert.equal(oci([lower, upper, cowAt(runDir, { path: `${runDir}/overlay.qcow2` })]), named);
  assert.equal(oci(usual, { names: ['cow.raw', 'overlay.qcow2'] }), ['a cow.raw stands beside the overlay']);
});

const outside = 'disk 2 is no file of the snapshot and no blob of this store';

test('denied: a disk of a Firecracker anywhere but in a run directory of this root, where cocoon puts a link', () => {
  for (const directory of [
    runDir,
    `/srv/other/run/firecracker/${vm}`,
    `/var/lib/cocoon/run/x/firecracker/${vm}`,
    `/var/lib/cocoon/runs/firecracker/${vm}`,
    `/srv/lib/cocoon/run/firecracker/${vm}`,
    `${fcDir}/x`,
    `${fcDir}X`,
    fcDir.toLowerCase(),
    '/etc',
    '',
  ]) {
    assert.equal(firecracker([lower, upper, cowAt(directory)]), [outside], directory);
  }
  assert.equal(firecracker([lower, upper, cowAt(fcDir)], { runDirs: ['/srv/run', '/var/lib/cocoon/run'] }), []);
});

test('denied: a disk of a Cloud Hypervisor below a run directory, or beside one', () => {
  for (const directory of [`${runDir}/x`, `${runDir}X`, runDir.toLowerCase(), `/var/lib/cocoon/run/${vm}`]) {
    assert.equal(oci([lower, upper, cowAt(directory)]), [outside], directory);
  }
  assert.equal(oci([lower, upper, cowAt(fcDir)]), []);
});

test.run();
