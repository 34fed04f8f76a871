import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ArchiveEntry } from '../../lib/archive/archive-entry.js';
import type { Range } from '../../lib/archive/keep.js';
import type { KeptContent } from '../../lib/archive/kept-content.js';
import { BlobcheckError } from '../../lib/errors.js';
import { DOCUMENT_LIMIT } from '../../lib/store/json-limits.js';
import type { SnapshotRecord } from '../../lib/store/records.js';
import { archivedRawDisks, archiveFacts, keptRead } from '../../lib/verify/archive-facts.js';
import { MAX_VMSTATE_BYTES } from '../../lib/vmstate/limits.js';

const test = suite('what an archive would put into a snapshot');

const record: SnapshotRecord = {
  id: 'AAAA',
  name: 'app:v1',
  description: '',
  hypervisor: 'cloud-hypervisor',
  cpu: 1,
  memory: 2 ** 29,
  storage: 4096,
  nics: 0,
  image: '',
  imageDigest: null,
  imageType: 'cloudimg',
  imageBlobIds: [],
  windows: false,
  createdAt: null,
  pending: false,
  dataDir: '',
  lastAccessedAt: null,
};
const firecracker: SnapshotRecord = { ...record, hypervisor: 'firecracker', imageType: 'oci' };

/** A file of an archive of which these parts were kept. */
function entryOf(name: string, content: Buffer, windows: readonly Range[]): ArchiveEntry {
  let at = 0;
  const pieces = windows.map(({ offset, length }) => {
    at += length;
    return { offset, length, from: offset, at: at - length };
  });
  const bytes = Buffer.concat(windows.map(({ offset, length }) => content.subarray(offset, offset + length)));
  const kept: KeptContent = { size: content.length, windows, pieces, bytes };
  return { name, mode: 0o600, size: BigInt(content.length), stored: BigInt(content.length), sparse: null, kept };
}

function whole(name: string, content: Buffer | string): ArchiveEntry {
  const bytes = Buffer.from(content);
  return entryOf(name, bytes, [{ offset: 0, length: bytes.length }]);
}

const filesOf = (...entries: readonly ArchiveEntry[]) => new Map(entries.map((entry) => [entry.name, entry]));

const documents = [
  whole('snapshot.json', '{}'),
  whole('cocoon.json', '{"storage_configs":[{"role":"cow"},{"role":"cidata"}],"cpu":2}'),
  whole('config.json', '{"disks":[{"id":"_disk0"},{"id":"_disk1"}]}'),
  whole('state.json', '{}'),
  whole('vmstate', 'no state of a machine'),
];

test('are the files that would lie there, all but the record, and the documents among them', () => {
  const facts = archiveFacts('app.tar', filesOf(...documents), record);
  assert.equal([facts.kind, facts.record, facts.directory, facts.readable], ['cloud-image', record, 'app.tar', true]);
  const entries = documents.slice(1).map(({ name, size }) => ({ name, kind: 'regular', size }));
  assert.equal(facts.listing, {
    kind: 'directory',
    path: 'app.tar',
    inStore: true,
    entries,
    truncated: false,
    stamp: '',
  });
  const { sidecar, config, state, vmState } = facts;
  assert.equal(sidecar.kind === 'ok' && sidecar.value.cpu, 2);
  assert.equal(config.kind === 'ok' && config.value.disks.map(({ id }) => id), ['_disk0', '_disk1']);
  assert.is(state.kind, 'ok');
  assert.equal(vmState, { kind: 'missing' });
  assert.equal(
    ['cocoon.json', 'vmstate', 'other'].map((name) => facts.has(name)),
    [true, true, false],
  );
});

test('of a Firecracker are its state, and no document of the other hypervisor', () => {
  const { kind, sidecar, config, state, vmState } = archiveFacts('app.tar', filesOf(...documents), firecracker);
  assert.equal([kind, sidecar.kind, config, state], ['firecracker', 'ok', { kind: 'missing' }, { kind: 'missing' }]);
  assert.equal(
    [vmState.kind, 'reason' in vmState && vmState.reason],
    ['malformed', 'its CRC-64 is not that of its bytes'],
  );
});

test('of an image with a kernel of its own are those of an OCI image', () => {
  const files = filesOf(whole('config.json', '{"payload":{"kernel":"/boot/vmlinuz"}}'));
  assert.is(archiveFacts('app.tar', files, { ...record, imageType: 'oci' }).kind, 'oci');
});

test('what is not in it is missing', () => {
  const none = archiveFacts('app.tar', filesOf(), record);
  const missing = { kind: 'missing' };
  assert.equal([none.sidecar, none.config, none.state, none.vmState], [missing, missing, missing, missing]);
  assert.equal(archiveFacts('app.tar', filesOf(), firecracker).vmState, missing);
  assert.equal(archivedRawDisks(none, filesOf()), []);
});

test('what is too large to be a document, or a state, is malformed', () => {
  const large = (name: string, bytes: number) => entryOf(name, Buffer.alloc(bytes), []);
  const names = ['cocoon.json', 'config.json', 'state.json'];
  const files = filesOf(...names.map((name) => large(name, DOCUMENT_LIMIT + 1)));
  const { sidecar, config, state } = archiveFacts('app.tar', files, record);
  const malformed = { kind: 'malformed', reason: `it has ${DOCUMENT_LIMIT + 1} bytes, more than ${DOCUMENT_LIMIT}` };
  assert.equal([sidecar, config, state], [malformed, malformed, malformed]);
  const bytes = MAX_VMSTATE_BYTES + 1;
  assert.equal(archiveFacts('app.tar', filesOf(large('vmstate', bytes)), firecracker).vmState, {
    kind: 'malformed',
    reason: `it has ${bytes} bytes, more than a machine's state`,
    offset: 0,
  });
});

/** Bytes of which no two neighbours are the same. */
const counted = (bytes: number) => Buffer.from(Array.from({ length: bytes }, (_, at) => at % 251));

/** What is known of its raw disk, if this is it. */
function rawDisk(entry: ArchiveEntry) {
  const files = filesOf(...documents, entry);
  return archivedRawDisks(archiveFacts('app.tar', files, record), files);
}

test('of a raw disk its beginning and its end are looked at, and its size', () => {
  const content = counted(1300);
  const facts = {
    path: 'app.tar/cidata.img',
    bytes: 1300n,
    head: content.subarray(0, 512),
    tail: content.subarray(788),
    stateBytes: null,
    recordBytes: null,
    probedBy: 'Cloud Hypervisor',
  };
  assert.equal(rawDisk(whole('cidata.img', content)), [facts]);
  const ends = [
    { offset: 0, length: 512 },
    { offset: 788, length: 512 },
  ];
  assert.equal(rawDisk(entryOf('cidata.img', content, ends)), [facts]);
});

test('a raw disk that is not in it is none', () => {
  const files = filesOf(...documents);
  assert.equal(archivedRawDisks(archiveFacts('app.tar', files, record), files), []);
});

test('a raw disk that is shorter than a sector is all of it, at either end', () => {
  const content = counted(100);
  const [disk] = rawDisk(whole('cidata.img', content));
  assert.equal([disk?.bytes, disk?.head, disk?.tail], [100n, content, content]);
});

test('of a raw disk of which nothing was kept nothing but the size is known', () => {
  const [disk] = rawDisk(entryOf('cidata.img', counted(1300), []));
  assert.equal([disk?.bytes, disk?.head, disk?.tail], [1300n, Buffer.alloc(0), Buffer.alloc(0)]);
});

test('a file that was kept whole is read as one', async () => {
  const { read, isWhole } = keptRead('app.tar', whole('overlay.qcow2', 'content'));
  assert.is(isWhole, true);
  assert.equal(await read(0, 100), Buffer.from('content'));
});

test('of a file that was not kept whole no other part is read than what was kept', async () => {
  const content = counted(1300);
  const { read, isWhole } = keptRead('app.tar', entryOf('overlay.qcow2', content, [{ offset: 0, length: 512 }]));
  assert.is(isWhole, false);
  assert.equal(await read(8, 100), content.subarray(8, 108));
  const error = await read(500, 100).catch((thrown: unknown) => thrown);
  assert.instance(error, BlobcheckError);
  const { code, message, path, offset } = error as BlobcheckError;
  assert.equal(
    [code, message, path, offset],
    ['unreadable', 'this part of it has gone by and was not kept', 'app.tar/overlay.qcow2', 500],
  );
});

test.run();
