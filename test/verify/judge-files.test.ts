import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import { finding } from '../../lib/finding/finding.js';
import type { EntryReport } from '../../lib/report/documents.js';
import type { VmRecord } from '../../lib/store/records.js';
import type { SnapshotFacts } from '../../lib/verify/snapshot-facts.js';
import { idFor } from '../builders/cocoon-root.js';
import { ociNode } from '../builders/oci-node.js';
import { smallNode } from '../builders/small-node.js';
import { type Changes, factsOf, judgedFiles } from './facts.js';

const test = suite('the files of a snapshot, wherever they are');

const small = smallNode();
const ofImage = ociNode();

const found = ({ findings }: EntryReport) =>
  findings.map(({ code, subject, message }) => [code, subject, message].join(' | '));

const record = (facts: SnapshotFacts, fields: object) => ({ record: { ...facts.record, ...fields } });

test('what came of reading the files stands with what is found in them', async () => {
  const findings = [finding('file-unreadable', 'torn', { subject: '/x' })];
  assert.equal(found(await judgedFiles(small, 'app:v1', { files: { findings } })), ['file-unreadable | /x | torn']);
  const sidecar = { kind: 'malformed', reason: 'torn' } as const;
  const directory = small.root.files('app:v1');
  assert.equal(found(await judgedFiles(small, 'app:v1', { files: { findings }, facts: () => ({ sidecar }) })), [
    `sidecar-malformed | ${join(directory, 'cocoon.json')} | torn`,
    'file-unreadable | /x | torn',
  ]);
  assert.equal(findings.length, 1, 'and the list is not touched');
});

test('a snapshot is called by its name, its reference and its id', async () => {
  const entry = await judgedFiles(small);
  assert.equal([entry.ref, entry.id, entry.name], ['app:v1', idFor('app:v1'), 'app:v1']);
  assert.equal([entry.verdict, found(entry), entry.disks.length, entry.blobs.length], ['allow', [], 2, 1]);
  const nameless = await judgedFiles(small, 'app:v1', { facts: (facts) => record(facts, { name: '' }) });
  assert.equal([nameless.ref, nameless.id, nameless.name], ['app:v1', idFor('app:v1'), null]);
  const outside = await judgedFiles(small, 'app:v1', { files: { id: null, ref: '/x' } });
  assert.equal([outside.ref, outside.id, outside.name], ['/x', null, 'app:v1']);
});

test('where the directory is not one to look into, no disk is looked for', async () => {
  const entry = await judgedFiles(small, 'app:v1', { facts: () => ({ readable: false }) });
  assert.equal([entry.verdict, entry.blobs, entry.disks.map(({ file }) => file)], ['unverified', [], ['cidata.img']]);
});

test('the layers of a snapshot are sealed by its name, or its id, and those of a directory one by one', async () => {
  const remedies = async (changes: Changes) => {
    const { findings } = await judgedFiles(ofImage, 'oci:v1', changes);
    const unsealed = findings.filter(({ code }) => code === 'blob-unsealed');
    assert.is(unsealed.length, 4);
    return [...new Set(unsealed.map(({ remedyArgv }) => remedyArgv?.join(' ')))];
  };
  assert.equal(await remedies({}), ['blobcheck seal oci:v1']);
  assert.equal(await remedies({ facts: (facts) => record(facts, { name: '' }) }), [
    `blobcheck seal ${idFor('oci:v1')}`,
  ]);
  const [layer, ...others] = await remedies({ files: { id: null } });
  assert.match(layer ?? '', /^blobcheck seal [0-9a-f]{64}/);
  assert.ok(others.length >= 2);
});

/** A machine that has the disks of `app:v1`. */
async function machine(fields: Partial<VmRecord> = {}): Promise<VmRecord> {
  const { sidecar } = await factsOf(small);
  const disks = sidecar.kind === 'ok' ? sidecar.value.storage_configs : [];
  return { id: 'VM01', hypervisor: 'cloud-hypervisor', disks, kernel: '', initrd: '', ...fields };
}

async function onto(machines: readonly VmRecord[], facts: Changes['facts'] = () => ({})): Promise<string[]> {
  const entry = await judgedFiles(small, 'app:v1', {
    files: { vm: 'web' },
    store: { virtualMachines: async (ref) => (ref === 'web' ? machines : []) },
    facts,
  });
  return found(entry).map((one) => one.replace(/ of the virtual machine.*/, ''));
}

const isNotThere = ['vm-not-found | web | the virtual machine web is not there'];
const isOneOfTwo = 'vm-not-found | web | the virtual machine web is one of two hypervisors';
const hasMore = 'layer-mismatch | VM01 | the further disks';

test('a machine with the disks of the snapshot may be restored', async () => {
  assert.equal(await onto([await machine()]), []);
});

test('a machine with other disks may not', async () => {
  const { disks } = await machine();
  const more = await machine({ disks: [...disks, { path: '/x', role: 'data' }] });
  assert.equal(await onto([more]), [hasMore]);
  assert.equal(await onto([more, await machine({ hypervisor: 'firecracker' })]), [isOneOfTwo, hasMore]);
});

test('a machine that is not there, or is one of another hypervisor or of two, may not', async () => {
  const firecracker = await machine({ id: 'VM02', hypervisor: 'firecracker' });
  assert.equal(await onto([]), isNotThere);
  assert.equal(await onto([firecracker]), isNotThere);
  assert.equal(await onto([await machine(), firecracker]), [isOneOfTwo]);
});

test('a snapshot whose record names no hypervisor is one of a Cloud Hypervisor', async () => {
  const nameless = (facts: SnapshotFacts) => record(facts, { hypervisor: null });
  assert.equal(await onto([await machine()], nameless), []);
  assert.equal(await onto([await machine({ hypervisor: 'firecracker' })], nameless), isNotThere);
});

test('a snapshot of a Firecracker goes onto a machine of one', async () => {
  const judged = async (hypervisor: VmRecord['hypervisor']) => {
    const vm = await machine({ hypervisor, disks: [] });
    const entry = await judgedFiles(ofImage, 'fc:v1', {
      files: { vm: 'web' },
      store: { virtualMachines: async () => [vm] },
    });
    return entry.findings
      .map(({ code }) => code)
      .filter((code) => code === 'vm-not-found' || code === 'layer-mismatch');
  };
  assert.equal(await judged('cloud-hypervisor'), ['vm-not-found']);
  assert.equal([...new Set(await judged('firecracker'))], ['layer-mismatch']);
});

test('a machine whose record cannot be read is not said to be gone', async () => {
  const entry = await judgedFiles(small, 'app:v1', {
    files: { vm: 'web' },
    store: { virtualMachines: () => Promise.reject(new BlobcheckError('metadata-unreadable', 'torn')) },
  });
  assert.equal(found(entry), ['metadata-unreadable | web | torn']);
  assert.is(entry.verdict, 'unverified');
});

test('a cocoon.json that is not there is compared with no machine', async () => {
  assert.equal(await onto([await machine({ disks: [] })], () => ({ sidecar: { kind: 'missing' } })), []);
});

test('who asks for no machine is told of none', async () => {
  const entry = await judgedFiles(small, 'app:v1', { store: { virtualMachines: async () => [] } });
  assert.equal(found(entry), []);
});

test.run();
