import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryReport } from '../../lib/report/documents.js';
import type { SnapshotFiles } from '../builders/cocoon-root.js';
import { putRow } from '../builders/edit-metadata.js';
import { type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { codesOf } from '../support/blobcheck.js';
import { verifyNode } from '../support/verify-node.js';

const test = suite('a snapshot that would be restored onto a virtual machine');

interface Disk {
  readonly path: string;
  readonly role: string;
}

/** A node with `app:v1`, `other:v1` and the machine VM01, called `web`, which has the disks of the first. */
function nodeWithMachine(
  engine: 'json' | 'sqlite',
  change: (disks: readonly Disk[]) => readonly Disk[] = (all) => all,
) {
  let disks: readonly Disk[] = [];
  const node = smallNode({
    engine,
    snapshot: () => ({ edit: ({ cocoon }: SnapshotFiles) => (disks = cocoon.storage_configs) }),
    more: (base, blob) => [snapshotOn('other:v1', base, blob)],
  });
  const record = { id: 'VM01', storage_configs: change(disks), boot_config: { firmware_path: '/x' } };
  putRow(node.root.directory, engine, 'cloud-hypervisor-vms', 'VM01', record);
  putRow(node.root.directory, engine, 'cloud-hypervisor-names', 'web', 'VM01');
  return node;
}

async function onto(node: SmallNode, vm: string): Promise<EntryReport | undefined> {
  return (await verifyNode(node, { snapshots: ['app:v1'], vm })).snapshots[0];
}

for (const engine of ['json', 'sqlite'] as const) {
  test(`${engine}: a machine with the same disks, by name, id or prefix, is allowed`, async () => {
    const node = nodeWithMachine(engine);
    for (const vm of ['web', 'VM01', 'VM0']) {
      const entry = await onto(node, vm);
      assert.equal([entry?.verdict, ...codesOf(entry)], ['allow'], vm);
    }
  });

  test(`${engine}: a machine with other disks is denied, and the disks are named`, async () => {
    const node = nodeWithMachine(engine, (disks) => [...disks, { path: '/x/data-d2.raw', role: 'data' }]);
    const entry = await onto(node, 'web');
    assert.equal([entry?.verdict, ...codesOf(entry)], ['deny', 'layer-mismatch']);
    const [found] = entry?.findings ?? [];
    assert.equal([found?.subject, found?.expected, found?.actual], ['VM01', 'none', 'data']);
    assert.is((await verifyNode(node)).verdict, 'allow', 'and cloned all the same');
  });

  test(`${engine}: a machine that is not there is denied, and named`, async () => {
    const node = nodeWithMachine(engine);
    putRow(node.root.directory, engine, 'cloud-hypervisor-vms', 'VM02', {});
    for (const vm of ['web2', 'VM', '*', 'VM0', '']) {
      const entry = await onto(node, vm);
      assert.equal([entry?.verdict, ...codesOf(entry)], ['deny', 'vm-not-found'], vm);
      assert.is(entry?.findings[0]?.message, `the virtual machine ${vm} is not there`);
    }
  });

  test(`${engine}: a machine of another hypervisor is not there, one of both is none`, async () => {
    const node = nodeWithMachine(engine);
    const { directory } = node.root;
    putRow(directory, engine, 'firecracker-vms', 'FIRE', {});
    putRow(directory, engine, 'firecracker-names', 'fire', 'FIRE');
    assert.equal(codesOf(await onto(node, 'fire')), ['vm-not-found']);
    putRow(directory, engine, 'firecracker-names', 'web', 'FIRE');
    const entry = await onto(node, 'web');
    assert.equal(codesOf(entry), ['vm-not-found']);
    assert.match(entry?.findings[0]?.message ?? '', 'is one of two hypervisors');
    assert.equal(codesOf(await onto(node, 'VM01')), []);
  });

  test(`${engine}: a machine whose record is broken is unverified`, async () => {
    const node = nodeWithMachine(engine);
    putRow(node.root.directory, engine, 'cloud-hypervisor-vms', 'VM01', { storage_configs: 7 });
    const entry = await onto(node, 'web');
    assert.equal([entry?.verdict, ...codesOf(entry)], ['unverified', 'metadata-unreadable']);
  });
}

test('each snapshot is judged against the machine', async () => {
  const node = nodeWithMachine('json', (disks) => disks.slice(1));
  const report = await verifyNode(node, { snapshots: ['app:v1', 'other:v1'], vm: 'web' });
  for (const entry of report.snapshots) assert.ok(codesOf(entry).includes('layer-mismatch'));
  assert.is(report.summary.deny, 2);
});

test('a machine with one disk for cloud-init more is allowed, one without it is not', async () => {
  const cidata = { path: '/x/cidata.img', role: 'cidata' };
  assert.equal(
    codesOf(
      await onto(
        nodeWithMachine('json', (disks) => [...disks, cidata]),
        'web',
      ),
    ),
    [],
  );
  assert.equal(
    codesOf(
      await onto(
        nodeWithMachine('json', (disks) => disks.slice(0, 1)),
        'web',
      ),
    ),
    ['layer-mismatch'],
  );
});

test('a record that an older cocoon wrote, without a hypervisor, is restored onto a Cloud Hypervisor', async () => {
  const node = nodeWithMachine('json');
  const index = join(node.root.directory, 'snapshot/db/snapshots.json');
  writeFileSync(index, readFileSync(index, 'utf8').replaceAll('"hypervisor":"cloud-hypervisor",', ''));
  const entry = await onto(node, 'web');
  assert.equal([entry?.verdict, codesOf(entry)], ['allow', []]);
  assert.equal(codesOf(await onto(node, 'other')), ['vm-not-found']);
});

test.run();
