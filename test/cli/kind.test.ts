import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SnapshotFiles } from '../builders/cocoon-root.js';
import { smallNode } from '../builders/small-node.js';
import { codesOf, verifyJson } from '../support/blobcheck.js';

const test = suite('blobcheck verify on snapshots of other kinds');

const kernel = { kernel: '/var/lib/cocoon/oci/boot/k/vmlinuz', initramfs: '/var/lib/cocoon/oci/boot/k/initrd.img' };

/** What a record and config.json say, and what comes of it. */
const kinds: readonly (readonly [string, (files: SnapshotFiles) => void, number, readonly string[]])[] = [
  ['QEMU', ({ record }) => Object.assign(record, { hypervisor: 'qemu' }), 3, ['snapshot-unsupported']],
  ['a disk image', ({ record }) => Object.assign(record, { image_type: 'iso' }), 3, ['snapshot-unsupported']],
  ['an image whose type nobody recorded, and that boots firmware', ({ record }) => delete record.image_type, 0, []],
  ['a hypervisor that nobody recorded', ({ record }) => delete record.hypervisor, 0, []],
];
for (const [what, edit, code, codes] of kinds) {
  const verdict = code === 0 ? 'allowed' : 'unverified, never allowed';
  test(`a snapshot of ${what} is ${verdict}`, () => {
    for (const engine of ['json', 'sqlite'] as const) {
      const { options } = smallNode({ engine, snapshot: () => ({ edit }) });
      const { status, report } = verifyJson([...options, 'app:v1']);
      assert.is(status, code);
      assert.equal(codesOf(report.snapshots[0]), codes);
    }
  });
}

/** Files of a cloud image under the record of another kind: none of that kind's own files is there. */
const lies: readonly (readonly [string, (files: SnapshotFiles) => void])[] = [
  ['an OCI image', ({ record }) => Object.assign(record, { image_type: 'oci' })],
  ['a Firecracker', ({ record }) => Object.assign(record, { hypervisor: 'firecracker' })],
  [
    'nothing that is recorded, and boots a kernel',
    ({ record, config }) => {
      delete record.image_type;
      config.payload = kernel;
    },
  ],
];
for (const [what, edit] of lies) {
  test(`a cloud image that says it is of ${what} is denied`, () => {
    for (const engine of ['json', 'sqlite'] as const) {
      const { options } = smallNode({ engine, snapshot: () => ({ edit }) });
      const { status, report } = verifyJson([...options, 'app:v1']);
      assert.is(status, 1);
      const [found] = codesOf(report.snapshots[0]);
      assert.ok(['sidecar-mismatch', 'snapshot-file-missing'].includes(found ?? ''), found);
    }
  });
}

test('a record of a cloud image whose machine boots a kernel is a lie, and denied', () => {
  const edit = ({ config }: SnapshotFiles) => Object.assign(config, { payload: kernel });
  const { status, report } = verifyJson([...smallNode({ snapshot: () => ({ edit }) }).options, 'app:v1']);
  assert.is(status, 1);
  assert.ok(codesOf(report.snapshots[0]).includes('sidecar-mismatch'));
});

test.run();
