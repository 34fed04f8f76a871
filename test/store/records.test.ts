import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import { cloudImageEntry, ociImageEntry, snapshotRecord } from '../../lib/store/records.js';
import { raw, writeDatabase } from '../builders/cocoon-database.js';
import { buildRoot, writeIndex } from '../builders/cocoon-root.js';
import { temporaryDirectory } from '../support/temporary.js';
import { refusal } from './refusal.js';

const test = suite('records');

const place = { path: '/index', what: 'snapshot', id: 'ABC' };
const refused = (value: unknown, reason: RegExp) =>
  refusal(
    Promise.resolve().then(() => snapshotRecord(value, place)),
    'metadata-unreadable',
    reason,
  );

test('what is absent or null has the zero value that Go gives it', () => {
  const empty = {
    id: 'ABC',
    name: '',
    description: '',
    hypervisor: null,
    cpu: 0,
    memory: 0,
    storage: 0,
    nics: 0,
    image: '',
    imageDigest: null,
    imageType: null,
    imageBlobIds: [],
    windows: false,
    createdAt: null,
    pending: false,
    dataDir: '',
    lastAccessedAt: null,
  };
  assert.equal(snapshotRecord({}, place), empty);
  const nulls = { id: null, name: null, memory: null, pending: null, image_digest: null, image_blob_ids: null };
  assert.equal(snapshotRecord(nulls, place), empty);
});

test('unknown fields never fail, whatever they hold', () => {
  const later = { last_accessed_at: '2026-11-24T20:44:00Z', size_bytes: 7, later: { deep: [null] } };
  assert.is(snapshotRecord({ name: 'n', ...later }, place).name, 'n');
});

test('a wrong type names record and field', async () => {
  for (const [field, value] of Object.entries({
    name: 7,
    description: [],
    hypervisor: {},
    cpu: '1',
    memory: true,
    storage: 1.5,
    nics: -1,
    image: false,
    image_digest: 0,
    image_type: [],
    image_blob_ids: ['a'],
    windows: 'no',
    created_at: 1,
    pending: 'false',
    data_dir: {},
    id: 7,
  })) {
    const error = await refused({ [field]: value }, new RegExp(`snapshot "ABC" .* field "${field}"`));
    assert.is(error.path, '/index');
  }
  for (const value of ['text', 7, [], true]) await refused(value, /snapshot "ABC"/);
});

test('sizes are whole, not negative and below 2^53', async () => {
  assert.is(snapshotRecord({ memory: Number.MAX_SAFE_INTEGER }, place).memory, Number.MAX_SAFE_INTEGER);
  for (const memory of [2 ** 53, -1, 0.5, Number.POSITIVE_INFINITY]) await refused({ memory }, /field "memory"/);
});

test('a record that calls itself otherwise than its key is refused', async () => {
  assert.is(snapshotRecord({ id: 'ABC' }, place).id, 'ABC');
  await refused({ id: 'ABD' }, /calls itself "ABD"/);
});

test('the set of blobs keeps every key as it stands', () => {
  const record = snapshotRecord({ image_blob_ids: JSON.parse('{"__proto__": {}, "ab": {}, "../x": {}}') }, place);
  assert.equal([...record.imageBlobIds].sort(), ['../x', '__proto__', 'ab']);
});

test('image entries: digests stay as they stand', async () => {
  const image = { path: '/index', what: 'image', id: 'ref' };
  assert.equal(cloudImageEntry({ ref: 'other', content_sum: 'SHA256:AB', size: 3 }, image), {
    kind: 'cloudimg',
    ref: 'ref',
    contentSum: 'SHA256:AB',
    size: 3,
    createdAt: null,
  });
  assert.equal(
    ociImageEntry({ manifest_digest: 'sha256:m', layers: [{ digest: 'sha256:a' }, { digest: 'sha256:b' }] }, image),
    {
      kind: 'oci',
      ref: 'ref',
      manifestDigest: 'sha256:m',
      layers: ['sha256:a', 'sha256:b'],
      kernelLayer: null,
      initrdLayer: null,
      size: 0,
      createdAt: null,
    },
  );
  for (const bad of [{ layers: {} }, { layers: [7] }, { layers: [{ digest: 7 }] }, { size: -1 }]) {
    await refusal(
      Promise.resolve().then(() => ociImageEntry(bad, image)),
      'metadata-unreadable',
      /image "ref"/,
    );
  }
});

test('one bad record stands in no other’s way, in either engine', async () => {
  const snapshots = { BAD: { name: 'bad', memory: 'much' }, GOOD: { name: 'good' } };
  const json = buildRoot({ directory: temporaryDirectory() });
  writeIndex(join(json.directory, 'snapshot', 'db', 'snapshots.json'), { snapshots, names: {} });
  const sqlite = temporaryDirectory();
  const torn = { ...snapshots, TORN: raw('{"name": "to') };
  writeDatabase(join(sqlite, 'meta', 'meta.db'), { rows: { snapshots__records: torn } });

  for (const location of [json.location, { root: sqlite, metaBackend: null }]) {
    const store = await openStore(location);
    assert.is((await store.snapshot('GOOD')).name, 'good');
    assert.is((await store.resolve('BAD')).kind, 'found');
    await refusal(store.snapshot('BAD'), 'metadata-unreadable', /"BAD" .* field "memory"/);
    await refusal(store.snapshot('GONE'), 'changed', /"GONE" is not there/);
    assert.ok((await store.listSnapshots()).some(({ id }) => id === 'GOOD'));
    await store.close();
  }
  const store = await openStore({ root: sqlite, metaBackend: null });
  await refusal(store.snapshot('TORN'), 'metadata-unreadable', /"TORN" cannot be decoded/);
  assert.is((await store.listSnapshots()).length, 3);
});

test.run();
