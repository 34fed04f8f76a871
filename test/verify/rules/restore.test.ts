import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { VmRecord } from '../../../lib/store/records.js';
import type { CocoonSidecar } from '../../../lib/store/sidecar-shapes.js';
import { judgeRestore } from '../../../lib/verify/rules/restore.js';

const test = suite('what a restore puts together');

type Disk = { readonly path: string; readonly role: string };

const layer = (hex: string): Disk => ({ path: `/var/lib/cocoon/oci/blobs/${hex}.erofs`, role: 'layer' });
const cow: Disk = { path: '/var/lib/cocoon/run/cloudhypervisor/S/cow.raw', role: 'cow' };
const data: Disk = { path: '/var/lib/cocoon/run/cloudhypervisor/S/data-d1.raw', role: 'data' };
const cidata: Disk = { path: '/var/lib/cocoon/run/cloudhypervisor/S/cidata.img', role: 'cidata' };
const boot = { kernel_path: '/oci/boot/ab/vmlinuz', initrd_path: '/oci/boot/ab/initrd.img' };

const lower = layer('aa');
const upper = layer('bb');
const snapshotDisks = [lower, upper, cow, data];

/** The machine that the snapshot was made from, with changes; each finding as what was expected and what is there. */
function judge(
  vm: Partial<VmRecord> = {},
  sidecar: { disks?: readonly Disk[]; boot?: Readonly<Partial<typeof boot>> | null } = {},
): (readonly [string | null, string | null])[] {
  const { disks = snapshotDisks, boot: booted = boot } = sidecar;
  const findings = judgeRestore({
    vm: {
      id: 'VM',
      hypervisor: 'cloud-hypervisor',
      disks: snapshotDisks.map((disk) => ({ ...disk, path: disk.path.replace('/S/', '/VM/') })),
      kernel: boot.kernel_path,
      initrd: boot.initrd_path,
      ...vm,
    },
    sidecar: {
      storage_configs: disks,
      ...(booted === null ? {} : { boot_config: booted }),
    } as unknown as CocoonSidecar,
  });
  for (const { code, severity, subject, expectedFrom } of findings) {
    assert.equal([code, severity, subject, expectedFrom], ['layer-mismatch', 'error', 'VM', 'cocoon.json']);
  }
  return findings.map(({ expected, actual }) => [expected, actual]);
}

test('the machine that a snapshot was made from takes it; its own disks lie in its own directory', () => {
  assert.equal(judge(), []);
});

test('a machine that boots firmware takes a snapshot that does', () => {
  const firmware = { kernel_path: '', initrd_path: '' };
  const disks = [cow, cidata];
  assert.equal(judge({ disks, kernel: '', initrd: '' }, { disks, boot: firmware }), []);
  assert.equal(judge({ disks, kernel: '', initrd: '' }, { disks, boot: {} }), []);
  assert.equal(judge({ disks, kernel: '', initrd: '' }, { disks, boot: null }), []);
});

test('a machine may have a further disk for cloud-init, which a clone drops', () => {
  assert.equal(judge({ disks: [...snapshotDisks, cidata] }), []);
  assert.equal(judge({ disks: [...snapshotDisks, cidata, cidata] }), []);
});

test('a further disk that is none for cloud-init is a mismatch, even behind one', () => {
  assert.equal(judge({ disks: [...snapshotDisks, data] }), [['none', 'data']]);
  assert.equal(judge({ disks: [...snapshotDisks, cidata, data] }), [['none', 'data']]);
});

test('a further layer is one, too, and is named', () => {
  const found = judge({ disks: [...snapshotDisks, layer('cc')] });
  assert.equal(found, [
    [`${lower.path}, ${upper.path}`, `${lower.path}, ${upper.path}, ${layer('cc').path}`],
    ['none', 'layer'],
  ]);
});

test('a machine with fewer disks than the snapshot is a mismatch', () => {
  assert.equal(judge({ disks: [lower, upper, cow] }), [['layer, layer, cow, data', 'layer, layer, cow']]);
  assert.equal(judge({ disks: [] })[0], ['layer, layer, cow, data', 'none']);
  assert.equal(judge({ disks: [cow], kernel: '', initrd: '' }, { disks: [cow, cidata], boot: null }), [
    ['cow, cidata', 'cow'],
  ]);
});

test('a disk of another kind in its place is a mismatch', () => {
  assert.equal(judge({ disks: [lower, upper, data, cow] }), [['layer, layer, cow, data', 'layer, layer, data, cow']]);
  assert.equal(judge({ disks: [lower, upper, cow, cidata] }), [
    ['layer, layer, cow, data', 'layer, layer, cow, cidata'],
  ]);
});

test('another layer, or the same in another order, is a mismatch', () => {
  const expected = `${lower.path}, ${upper.path}`;
  assert.equal(judge({ disks: [lower, layer('cc'), cow, data] }), [[expected, `${lower.path}, ${layer('cc').path}`]]);
  assert.equal(judge({ disks: [upper, lower, cow, data] }), [[expected, `${upper.path}, ${lower.path}`]]);
});

for (const [field, path] of [
  ['kernel', boot.kernel_path],
  ['initrd', boot.initrd_path],
] as const) {
  test(`another ${field}, or one where there is none, is a mismatch`, () => {
    assert.equal(judge({ [field]: '/oci/boot/cd/x' }), [[path, '/oci/boot/cd/x']]);
    assert.equal(judge({ [field]: '' }), [[path, 'none']]);
    assert.equal(judge({}, { boot: { ...boot, [`${field}_path`]: '' } }), [['none', path]]);
  });
}

test('each thing that differs is told', () => {
  assert.is(judge({ disks: [cow], kernel: '', initrd: '' }).length, 4);
});

const ofFirecracker = { hypervisor: 'firecracker', disks: snapshotDisks } as const;

test('a Firecracker takes only a snapshot whose disks are its own, because its state names them', () => {
  assert.equal(judge(ofFirecracker), []);
  const others = snapshotDisks.map((disk) => ({ ...disk, path: disk.path.replace('/S/', '/VM/') }));
  assert.equal(judge({ ...ofFirecracker, disks: others }), [
    [`${cow.path}, ${data.path}`, `${cow.path}, ${data.path}`.replaceAll('/S/', '/VM/')],
  ]);
});

test('the record of a Firecracker has the kernel that cocoon has unpacked', () => {
  assert.equal(judge({ ...ofFirecracker, kernel: '/oci/boot/ab/vmlinux' }), []);
  assert.equal(judge({ kernel: '/oci/boot/ab/vmlinux' }), [['/oci/boot/ab/vmlinuz', '/oci/boot/ab/vmlinux']]);
});

test.run();
