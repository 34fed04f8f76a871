import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Finding } from '../../lib/finding/finding.js';
import {
  missingOwnFirmware,
  readRawDisks,
  readSnapshotFacts,
  type SnapshotFacts,
  sameDirectory,
} from '../../lib/verify/snapshot-facts.js';
import { MEMORY, STORAGE } from '../builders/cocoon-root.js';
import { ociNode } from '../builders/oci-node.js';
import { type SmallNode, smallNode } from '../builders/small-node.js';
import { openBelow } from '../support/open-files.js';
import { temporaryDirectory } from '../support/temporary.js';
import { factsOf } from './facts.js';

const test = suite('what is read of a snapshot');

const small = smallNode();
const ofImage = ociNode();
const place = { root: small.root.directory };

/** What stands in a disk, so that each byte shows where it came from. */
const content = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, at) => (at * 7 + (at >> 8)) % 251));

const withDisk = (bytes: Buffer): SmallNode => smallNode({ snapshot: () => ({ dataDisks: [{ name: 'd1', bytes }] }) });

/** The data disk as it is read, and what is found meanwhile. */
async function readDisks(facts: SnapshotFacts) {
  const findings: Finding[] = [];
  const disks = await readRawDisks(facts, findings);
  return { disks: disks.map((disk) => ({ ...disk, path: basename(disk.path) })), findings };
}

const nothingRead = {
  sidecar: 'missing',
  config: 'missing',
  state: 'missing',
  vmState: 'missing',
  readable: false,
  has: false,
};

function kindsOf({ sidecar, config, state, vmState, readable, has }: SnapshotFacts) {
  return {
    sidecar: sidecar.kind,
    config: config.kind,
    state: state.kind,
    vmState: vmState.kind,
    readable,
    has: has('cocoon.json'),
  };
}

test('the files of a directory of the store are read', async () => {
  const ok = { sidecar: 'ok', config: 'ok', state: 'ok', readable: true, has: true };
  assert.equal(kindsOf(await factsOf(small)), { ...ok, vmState: 'missing' });
  assert.equal(kindsOf(await factsOf(ofImage, 'oci:v1')), { ...ok, vmState: 'missing' });
  const firecracker = await factsOf(ofImage, 'fc:v1');
  assert.equal(kindsOf(firecracker), { ...ok, config: 'missing', state: 'missing', vmState: 'ok' });
  assert.equal([firecracker.kind, firecracker.directory], ['firecracker', ofImage.root.files('fc:v1')]);
});

test('a state of a Firecracker beside what a Cloud Hypervisor wrote is not read', async () => {
  const node = smallNode();
  writeFileSync(join(node.root.files('app:v1'), 'vmstate'), 'x');
  assert.equal((await factsOf(node)).vmState, { kind: 'missing' });
});

test('of a directory that is not there, outside the store, or too full nothing is read', async () => {
  const { record } = await factsOf(small);
  const elsewhere = join(temporaryDirectory(), 'copy');
  renameSync(small.root.files('app:v1'), elsewhere);
  try {
    assert.equal(kindsOf(await readSnapshotFacts(record, place)), nothingRead);
    const outside = await readSnapshotFacts({ ...record, dataDir: elsewhere }, place);
    assert.equal(kindsOf(outside), nothingRead);
    assert.equal([outside.kind, outside.directory], ['cloud-image', elsewhere]);
    assert.is((await readSnapshotFacts({ ...record, dataDir: elsewhere }, { ...place, outside: true })).readable, true);
  } finally {
    renameSync(elsewhere, small.root.files('app:v1'));
  }
  const full = smallNode();
  for (let at = 0; at < 10_001; at += 1) writeFileSync(join(full.root.files('app:v1'), `data-${at}.raw`), '');
  assert.equal(kindsOf(await factsOf(full)), nothingRead);
});

test('only a regular file is one that a directory has', async () => {
  const node = smallNode();
  const directory = node.root.files('app:v1');
  mkdirSync(join(directory, 'cow.raw'));
  symlinkSync('overlay.qcow2', join(directory, 'link'));
  const { has } = await factsOf(node);
  assert.equal(['overlay.qcow2', 'cow.raw', 'link', 'gone'].map(has), [true, false, false, false]);
});

test('a directory is the same until a file in it changes, or another stands in its place', async () => {
  const node = smallNode();
  const at = { root: node.root.directory };
  const directory = node.root.files('app:v1');
  const facts = await factsOf(node);
  const isSame = sameDirectory(facts, at);
  assert.is(await isSame(), true);
  writeFileSync(join(directory, 'snapshot.json'), '{}');
  assert.is(await isSame(), false);
  const again = sameDirectory(await factsOf(node), at);
  assert.is(await again(), true);
  renameSync(directory, `${directory}.aside`);
  assert.is(await again(), false);
  symlinkSync(`${directory}.aside`, directory);
  assert.is(await again(), false);
});

test('a directory whose root was moved is not the same, though the way to it was mended', async () => {
  const node = smallNode();
  const { directory: root } = node.root;
  const isSame = sameDirectory(await factsOf(node), { root });
  renameSync(root, `${root}.aside`);
  symlinkSync(`${root}.aside`, root);
  try {
    assert.is(await isSame(), false);
  } finally {
    rmSync(root);
    renameSync(`${root}.aside`, root);
  }
  assert.is(await isSame(), true);
});

test('a directory that was not there is never the same, even where it comes', async () => {
  const node = smallNode();
  const directory = node.root.files('app:v1');
  renameSync(directory, `${directory}.aside`);
  const isSame = sameDirectory(await factsOf(node), { root: node.root.directory });
  assert.is(await isSame(), false);
  renameSync(`${directory}.aside`, directory);
  assert.is(await isSame(), false);
});

test('a raw disk is read at both ends, and measured by its device', async () => {
  for (const bytes of [content(4096), content(700), content(512), content(100), Buffer.alloc(0)]) {
    const { disks, findings } = await readDisks(await factsOf(withDisk(bytes)));
    assert.equal(findings, []);
    assert.equal(disks, [
      {
        path: 'data-d1.raw',
        bytes: BigInt(bytes.length),
        head: bytes.subarray(0, 512),
        tail: bytes.subarray(Math.max(0, bytes.length - 512)),
        // state.json counts in sectors; one with a fraction is no number of them.
        stateBytes: disks[0]?.stateBytes ?? null,
        recordBytes: null,
        probedBy: 'Cloud Hypervisor',
      },
      {
        path: 'cidata.img',
        bytes: 1_048_576n,
        head: Buffer.alloc(512),
        tail: Buffer.alloc(512),
        stateBytes: disks[1]?.stateBytes ?? null,
        recordBytes: null,
        probedBy: 'Cloud Hypervisor',
      },
    ]);
  }
});

test('the size that the guest knows is that of the device of the same id', async () => {
  const facts = await factsOf(withDisk(content(4096)));
  const sizes = async (changes: Partial<SnapshotFacts>) =>
    (await readDisks({ ...facts, ...changes })).disks.map(({ stateBytes }) => stateBytes);
  assert.equal(await sizes({}), [4096n, 1_048_576n]);
  assert.equal(await sizes({ state: { kind: 'missing' } }), [null, null]);
  const { config, state } = facts;
  if (config.kind !== 'ok' || state.kind !== 'ok') throw new Error('they were not read');
  const { disks } = config.value;
  const renamed = disks.map((disk, at) => (at === 1 ? { ...disk, id: '_disk9' } : disk));
  assert.equal(await sizes({ config: { ...config, value: { ...config.value, disks: renamed } } }), [null, 1_048_576n]);
  const fewer = { ...config, value: { ...config.value, disks: disks.slice(0, 2) } };
  assert.equal(await sizes({ config: fewer }), [4096n, null]);
  const nameless = { ...state, value: { ...state.value, disks: new Map([[undefined as never, 1n]]) } };
  assert.equal(await sizes({ config: fewer, state: nameless }), [null, null]);
});

test('the writable disk of an OCI image is measured by the record, where it names a size', async () => {
  const expected = { path: 'cow.raw', bytes: BigInt(STORAGE), head: Buffer.alloc(512), tail: Buffer.alloc(512) };
  for (const [name, stateBytes, probedBy] of [
    ['oci:v1', BigInt(STORAGE), 'Cloud Hypervisor'],
    ['fc:v1', null, null],
  ] as const) {
    const facts = await factsOf(ofImage, name);
    for (const storage of [STORAGE, 1, 0]) {
      const { disks, findings } = await readDisks({ ...facts, record: { ...facts.record, storage } });
      assert.equal(findings, []);
      assert.equal(disks, [{ ...expected, stateBytes, probedBy, recordBytes: storage === 0 ? null : BigInt(storage) }]);
    }
  }
});

test('no disk is read while the files that name it cannot be', async () => {
  const missing = { kind: 'missing' } as const;
  const count = async (facts: SnapshotFacts, changes: Partial<SnapshotFacts>) =>
    (await readDisks({ ...facts, ...changes })).disks.length;
  const facts = await factsOf(small);
  assert.equal([await count(facts, {}), await count(facts, { sidecar: missing })], [1, 0]);
  assert.is(await count(facts, { config: missing }), 0);
  const firecracker = await factsOf(ofImage, 'fc:v1');
  assert.equal([await count(firecracker, {}), await count(firecracker, { sidecar: missing })], [1, 0]);
});

test('what is no file in the place of a disk is not read, and has no finding here', async () => {
  const node = withDisk(content(4096));
  const facts = await factsOf(node);
  const disk = join(node.root.files('app:v1'), 'data-d1.raw');
  const others: readonly (() => void)[] = [() => {}, () => mkdirSync(disk), () => symlinkSync('cidata.img', disk)];
  for (const put of others) {
    rmSync(disk, { recursive: true, force: true });
    put();
    const { disks, findings } = await readDisks(facts);
    assert.equal([disks.map(({ path }) => path), findings], [['cidata.img'], []]);
  }
});

/** The facts with another serial of the data disk. */
async function called(serial: string): Promise<{ facts: SnapshotFacts; node: SmallNode }> {
  const node = withDisk(content(4096));
  const facts = await factsOf(node);
  if (facts.sidecar.kind !== 'ok') throw new Error('it was not read');
  const disks = facts.sidecar.value.storage_configs.map((disk) => (disk.role === 'data' ? { ...disk, serial } : disk));
  return {
    node,
    facts: { ...facts, sidecar: { ...facts.sidecar, value: { ...facts.sidecar.value, storage_configs: disks } } },
  };
}

test('a serial leads to no file outside the directory', async () => {
  const { node, facts } = await called('/../../../x');
  const directory = node.root.files('app:v1');
  mkdirSync(join(directory, 'data-'));
  writeFileSync(join(directory, '../../x.raw'), content(4096));
  assert.equal(
    (await readDisks(facts)).disks.map(({ path }) => path),
    ['cidata.img'],
  );
  const { facts: inside } = await called('d1');
  assert.equal(
    (await readDisks(inside)).disks.map(({ path }) => path),
    ['data-d1.raw', 'cidata.img'],
  );
});

test('a disk that cannot be opened is said, and the others are read', async () => {
  const { facts } = await called('d'.repeat(300));
  const { disks, findings } = await readDisks(facts);
  assert.equal(
    disks.map(({ path }) => path),
    ['cidata.img'],
  );
  assert.equal(
    findings.map(({ code, subject, message }) => [code, subject, message]),
    [
      [
        'file-unreadable',
        join(facts.directory, `data-${'d'.repeat(300)}.raw`),
        'the disk cannot be opened: ENAMETOOLONG: name too long',
      ],
    ],
  );
});

test('the disks are closed again', async () => {
  const node = withDisk(content(4096));
  await readDisks(await factsOf(node));
  assert.equal(openBelow(node.root.directory), []);
});

test('the firmware that config.json names is looked for in this root alone', async () => {
  const node = smallNode();
  const facts = await factsOf(node);
  const roots = [node.root.directory];
  assert.is(await missingOwnFirmware(facts, roots), null);
  assert.is(await missingOwnFirmware({ ...facts, config: { kind: 'missing' } }, roots), null);
  const firmware = join(node.root.directory, 'firmware/CLOUDHV.fd');
  rmSync(firmware);
  assert.is(await missingOwnFirmware(facts, roots), firmware);
  assert.is(await missingOwnFirmware(facts, ['/elsewhere']), null);
  assert.is(await missingOwnFirmware({ ...facts, config: { kind: 'missing' } }, roots), null);
  const { config } = facts;
  if (config.kind !== 'ok') throw new Error('it was not read');
  for (const payload of [null, { ...config.value.payload, firmware: null }]) {
    const value = { ...config.value, payload } as typeof config.value;
    assert.is(await missingOwnFirmware({ ...facts, config: { ...config, value } }, roots), null);
  }
});

test('guest memory is none of the disks, and its size stands in the listing', async () => {
  const { listing } = await factsOf(small);
  const sizes = listing.kind === 'directory' ? listing.entries.map(({ name, size }) => [name, size]) : [];
  assert.equal(
    sizes.find(([name]) => name === 'memory-ranges'),
    ['memory-ranges', BigInt(MEMORY)],
  );
});

test.run();
