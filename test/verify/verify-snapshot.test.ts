import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { VerifyReport } from '../../lib/report/documents.js';
import { idFor, type SnapshotFiles } from '../builders/cocoon-root.js';
import { putRow } from '../builders/edit-metadata.js';
import { ociNode } from '../builders/oci-node.js';
import { baseBytes, diskBytes, overlayOn, type SmallNode, smallNode } from '../builders/small-node.js';
import { swap } from '../cli/seals.js';
import { blobcheckAsNobody } from '../support/as-nobody.js';
import { codesOf } from '../support/blobcheck.js';
import { withoutPlace } from '../support/remedies.js';
import { needs } from '../support/requires.js';
import { sealNode, verifyNode } from '../support/verify-node.js';
import { flip } from './blobs.js';

const test = suite('a snapshot, from its directory to its base');

async function judge(node: SmallNode): Promise<readonly string[]> {
  return codesOf((await verifyNode(node)).snapshots[0]);
}

/** A node whose snapshot has a data disk of 1 MiB, the second of three. */
function withDataDisk(edit: (files: SnapshotFiles) => void): { node: SmallNode; disk: string } {
  const dataDisks = [{ name: 'd1', bytes: Buffer.alloc(2 ** 20) }];
  const node = smallNode({ snapshot: () => ({ dataDisks, edit }) });
  return { node, disk: join(node.root.files('app:v1'), 'data-d1.raw') };
}

for (const [what, id] of [
  ['an id that state.json does not know', '_disk9'],
  ['the id of the disk before it', '_disk0'],
  ['the id of the disk after it', '_disk2'],
  ['no id', ''],
] as const) {
  test(`a data disk cut short is not hidden by ${what}`, async () => {
    const { node, disk } = withDataDisk(({ config }) => Object.assign(config.disks[1], { id }));
    truncateSync(disk, 4096);
    assert.ok((await judge(node)).includes('sidecar-mismatch'));
    const [entry] = (await verifyNode(node)).snapshots;
    assert.is(entry?.verdict, 'deny');
  });
}

test('a data disk cut short under its own id is measured, whatever the id is', async () => {
  const { node, disk } = withDataDisk(() => {});
  assert.equal(await judge(node), []);
  truncateSync(disk, 4096);
  assert.equal(await judge(node), ['raw-size-mismatch']);
  const plugged = withDataDisk(({ config, state }) => {
    const devices = state.snapshots['device-manager'].snapshots;
    config.disks[1].id = 'scratch-disk';
    devices['scratch-disk'] = devices._disk1;
    delete devices._disk1;
  });
  assert.equal(await judge(plugged.node), []);
  truncateSync(plugged.disk, 4096);
  assert.equal(await judge(plugged.node), ['raw-size-mismatch']);
});

test('an overlay that both sidecars place outside the store is denied, whatever it is called', async () => {
  for (const path of ['/etc/overlay.qcow2', '/var/lib/cocoon/overlay.qcow2', '/run/cloudhypervisor/X/overlay.qcow2']) {
    const edit = ({ cocoon, config }: SnapshotFiles) => {
      cocoon.storage_configs[0].path = path;
      config.disks[0].path = path;
    };
    assert.equal(await judge(smallNode({ snapshot: () => ({ edit }) })), ['disk-outside-store'], path);
  }
});

test('an overlay in the run directory of a VM of another host is in its place', async () => {
  const path = '/srv/other/run/cloudhypervisor/GBSBZUCC7BAGLMFWRYA6AEI7YA/overlay.qcow2';
  const edit = ({ cocoon, config }: SnapshotFiles) => {
    cocoon.storage_configs[0].path = path;
    config.disks[0].path = path;
  };
  assert.equal(await judge(smallNode({ snapshot: () => ({ edit }) })), []);
});

/** Opens a node for everybody to read, and judges it as a user who owns nothing. */
function judgedByNobody(node: SmallNode, close: (directory: string) => void = () => {}) {
  const { directory } = node.root;
  for (const name of ['', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })]) {
    chmodSync(join(directory, name), 0o755);
  }
  close(node.root.files('app:v1'));
  const args = ['verify', 'app:v1', '--json', '--root-dir', directory, '--state-dir', '/nowhere'];
  const run = blobcheckAsNobody(args);
  const report: VerifyReport = JSON.parse(run.stdout);
  return [run.status, codesOf(report.snapshots[0])];
}

needs(['nobody'], test, 'what may not be read says nothing against a snapshot, and nothing for it', () => {
  const node = smallNode();
  assert.equal(judgedByNobody(node), [0, []]);
  const closed: readonly (readonly [string, (directory: string) => void])[] = [
    ['file-unreadable', (directory) => chmodSync(directory, 0o750)],
    ['file-unreadable', (directory) => chmodSync(join(directory, '..'), 0o750)],
    ['file-unreadable', (directory) => chmodSync(join(directory, 'config.json'), 0o600)],
    ['file-unreadable', (directory) => chmodSync(join(directory, 'overlay.qcow2'), 0o600)],
    ['file-unreadable', (directory) => chmodSync(join(directory, 'cidata.img'), 0o600)],
    ['file-unreadable', () => chmodSync(join(node.root.directory, 'firmware'), 0o700)],
    ['blob-unreadable', () => chmodSync(join(node.root.directory, 'cloudimg/blobs'), 0o700)],
  ];
  for (const [code, close] of closed) assert.equal(judgedByNobody(node, close), [3, [code]], close.toString());
});

test('a directory or firmware that is not there is denied', async () => {
  const node = smallNode();
  renameSync(join(node.root.directory, 'firmware'), join(node.root.directory, 'firmware.aside'));
  assert.equal(await judge(node), ['boot-file-missing']);
  mkdirSync(join(node.root.directory, 'firmware/CLOUDHV.fd'), { recursive: true });
  assert.equal(await judge(node), ['boot-file-missing']);
  renameSync(node.root.files('app:v1'), `${node.root.files('app:v1')}.aside`);
  assert.equal(await judge(node), ['snapshot-file-missing']);
});

test('a store without the directory of its blobs lacks the base', async () => {
  const node = smallNode();
  renameSync(join(node.root.directory, 'cloudimg/blobs'), join(node.root.directory, 'cloudimg/aside'));
  assert.equal(await judge(node), ['blob-missing']);
});

test('a base that is gone is brought by the name of the snapshot', async () => {
  const node = smallNode();
  rmSync(node.blob);
  const [entry] = (await verifyNode(node)).snapshots;
  assert.equal(withoutPlace(entry?.findings[0]?.remedyArgv), ['blobcheck', 'ensure', 'app:v1']);
});

test('a file of it that is replaced while its base is read is not allowed', async () => {
  const node = smallNode();
  const overlay = join(node.root.files('app:v1'), 'overlay.qcow2');
  const onProgress = () => swap(overlay, overlayOn('/etc/shadow'));
  const [entry] = (await verifyNode(node, undefined, { onProgress })).snapshots;
  assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['file-changed']]);
  assert.is(entry?.findings[0]?.subject, node.root.files('app:v1'));
});

test('a snapshot of a Firecracker is judged', async () => {
  const node = ociNode();
  await sealNode(node);
  const [entry] = (await verifyNode(node, { snapshots: ['fc:v1'] })).snapshots;
  assert.equal([entry?.id, entry?.name, entry?.verdict, codesOf(entry)], [idFor('fc:v1'), 'fc:v1', 'allow', []]);
});

/** The record of `app:v1`, changed. */
function withRecord(fields: object): SmallNode {
  let record: Record<string, unknown> = {};
  const node = smallNode({ snapshot: () => ({ edit: (files) => (record = files.record) }) });
  putRow(node.root.directory, 'json', 'snapshots', String(record.id), { ...record, ...fields });
  return node;
}

test('a snapshot of what no cocoon that we know makes is not judged', async () => {
  for (const [fields, words] of [
    [{ hypervisor: 'qemu' }, 'this is a snapshot of qemu, which this version cannot judge'],
    [{ image_type: 'iso' }, 'this is a snapshot of an image of the type iso, which this version cannot judge'],
  ] as const) {
    for (const name of ['app:v1', '']) {
      const node = withRecord({ ...fields, name });
      const [entry] = (await verifyNode(node, { snapshots: [name || idFor('app:v1')] })).snapshots;
      assert.equal([entry?.name, entry?.id], [name || null, idFor('app:v1')]);
      assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['snapshot-unsupported']]);
      assert.is(entry?.findings[0]?.message, words);
    }
  }
});

test('a record that an older cocoon wrote, without a hypervisor and a kind of image, is one of a cloud image', async () => {
  const node = withRecord({ hypervisor: undefined, image_type: undefined });
  const [entry] = (await verifyNode(node)).snapshots;
  assert.equal([entry?.verdict, codesOf(entry)], ['allow', []]);
});

test('a snapshot without a name is called by its id, and brought by it', async () => {
  const node = withRecord({ name: '', image: '' });
  const ref = idFor('app:v1');
  const [entry] = (await verifyNode(node, { snapshots: [ref] })).snapshots;
  assert.equal([entry?.name, entry?.verdict, codesOf(entry)], [null, 'allow', []]);
  rmSync(node.blob);
  const [gone] = (await verifyNode(node, { snapshots: [ref] })).snapshots;
  assert.equal(
    [codesOf(gone), withoutPlace(gone?.findings[0]?.remedyArgv)],
    [['blob-missing'], ['blobcheck', 'ensure', ref]],
  );
});

test('a record that cannot be read is no verdict on its snapshot', async () => {
  const [entry] = (await verifyNode(withRecord({ memory: -1 }))).snapshots;
  assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['metadata-unreadable']]);
});

test('an image index that cannot be read is said, and the base is judged all the same', async () => {
  const node = smallNode();
  writeFileSync(join(node.root.directory, 'cloudimg/db/images.json'), '{');
  const [entry] = (await verifyNode(node)).snapshots;
  assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['metadata-unreadable']]);
  assert.is(entry?.blobs[0]?.actual, `sha256:${node.base}`);
  rmSync(node.blob);
  const [gone] = (await verifyNode(node)).snapshots;
  assert.equal([gone?.verdict, codesOf(gone)], ['deny', ['blob-missing', 'metadata-unreadable']]);
});

test('an overlay that names no base is shown as the disk that it is', async () => {
  const node = smallNode();
  writeFileSync(join(node.root.files('app:v1'), 'overlay.qcow2'), baseBytes(''));
  const [entry] = (await verifyNode(node)).snapshots;
  assert.equal([entry?.verdict, codesOf(entry)], ['deny', ['backing-none']]);
  assert.equal([entry?.disks[0]?.virtualSize, entry?.disks[0]?.chain, entry?.blobs], [diskBytes, [], []]);
});

test('a data disk of a name that nobody can open is not judged', async () => {
  const name = 'd'.repeat(300);
  const { node } = withDataDisk(({ cocoon }) => (cocoon.storage_configs[1].serial = name));
  const [entry] = (await verifyNode(node)).snapshots;
  assert.is(entry?.verdict, 'deny');
  const found = entry?.findings.find(({ code }) => code === 'file-unreadable');
  assert.match(found?.message ?? '', 'the disk cannot be opened: ENAMETOOLONG');
});

test('a base that cannot be looked at is no verdict on what is in it', async () => {
  const node = smallNode();
  const blobs = join(node.root.directory, 'cloudimg/blobs');
  renameSync(blobs, `${blobs}.aside`);
  symlinkSync(blobs, blobs);
  const [entry] = (await verifyNode(node)).snapshots;
  assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['blob-unreadable']]);
  assert.is(entry?.findings[0]?.message, 'the base cannot be opened: ELOOP: too many symbolic links encountered');
  const sealed = await sealNode(node);
  assert.equal([sealed.verdict, sealed.findings[0]?.subject, sealed.blobs], ['unverified', blobs, []]);
  assert.match(sealed.findings[0]?.message ?? '', 'the directory of the blobs cannot be read: ELOOP');
});

test('what may be interrupted finds the same', async () => {
  const node = smallNode();
  await verifyNode(node);
  await flip(node.blob, 5 * 65_536 + 3);
  const { signal } = new AbortController();
  const [entry] = (await verifyNode(node, undefined, { signal })).snapshots;
  assert.equal([entry?.verdict, codesOf(entry)], ['deny', ['blob-corrupt']]);
});

test('a state that names no memory is one of no memory, and so is a config.json', async () => {
  const damages: readonly (readonly [string, (files: SnapshotFiles) => void])[] = [
    ['state.json', ({ state }) => delete state.snapshots['memory-manager']],
    ['config.json', ({ config }) => delete config.memory],
  ];
  for (const [witness, edit] of damages) {
    const [entry] = (await verifyNode(smallNode({ snapshot: () => ({ edit }) }))).snapshots;
    assert.is(entry?.verdict, 'deny', witness);
    const found = entry?.findings.find(({ code }) => code === 'memory-size-mismatch');
    assert.is(found?.expectedFrom, witness);
    assert.match(found?.expected ?? '', /^(at most )?0 bytes$/);
  }
});

test.run();
