import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import type { EntryReport } from '../../lib/report/documents.js';
import type { BlobRequest } from '../../lib/verify/blob-content.js';
import { type BlobPlace, judgeOverlay } from '../../lib/verify/overlay.js';
import type { SnapshotFacts } from '../../lib/verify/snapshot-facts.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { baseBytes, diskBytes, imageUrl, overlayOn, type SmallNode, smallNode } from '../builders/small-node.js';
import { temporaryDirectory } from '../support/temporary.js';
import { type Changes, judgedFiles } from './facts.js';

const test = suite('an overlay and the base that it names');

const small = smallNode();
const cidata = { file: 'cidata.img', role: 'cidata', format: 'raw', virtualSize: 2 ** 20, dirty: null, chain: [] };
const overlay = { file: 'overlay.qcow2', role: 'cow', format: 'qcow2', virtualSize: diskBytes, dirty: true };
const digest = `sha256:${small.base}`;

const found = ({ findings }: EntryReport) => findings.map(({ code, subject }) => [code, subject]);
const codes = ({ findings }: EntryReport) => findings.map(({ code }) => code);
const record = (fields: object) => (facts: SnapshotFacts) => ({ record: { ...facts.record, ...fields } });
const overlayOf = (node: SmallNode) => join(node.root.files('app:v1'), 'overlay.qcow2');

/** What is asked for in a run, beside what is answered. */
async function asked(node: SmallNode, changes: Changes = {}) {
  const requests: BlobRequest[] = [];
  const entry = await judgedFiles(node, 'app:v1', {
    ...changes,
    run: (run) => ({
      blob: async (request) => {
        requests.push(request);
        return await run.blob(request);
      },
    }),
  });
  return { entry, requests };
}

test('a report shows the disks, with the base under the overlay', async () => {
  const { entry, requests } = await asked(small);
  const chain = [{ path: small.blob, format: 'qcow2', digest }];
  assert.equal(entry.disks, [{ ...overlay, chain }, cidata]);
  assert.equal(entry.findings, []);
  assert.equal(
    entry.blobs.map(({ path, actual }) => [path, actual]),
    [[small.blob, digest]],
  );
  const size = BigInt(baseBytes('base').length);
  assert.equal(requests, [{ blob: small.base, path: small.blob, indexedBytes: [size], names: [small.blob] }]);
});

test('the base is looked for where the blobs really lie, and under the spellings of the root', async () => {
  const link = join(temporaryDirectory(), 'link');
  symlinkSync(small.root.directory, link);
  const places: BlobPlace[] = [];
  const { entry, requests } = await asked(small, {
    store: { root: link },
    files: {
      judgeOverlay: (path, place) => {
        places.push(place);
        return judgeOverlay(path, place);
      },
    },
  });
  assert.equal(entry.findings, []);
  const blobs = (root: string) => join(root, 'cloudimg/blobs');
  const { directory } = small.root;
  assert.equal(places, [{ blobs: blobs(directory), spellings: [blobs(link), blobs(directory)], staysInPlace: false }]);
  assert.is(requests[0]?.path, small.blob);
});

test('a store without the directory of its blobs lacks the base', async () => {
  const node = smallNode();
  const blobs = join(node.root.directory, 'cloudimg/blobs');
  renameSync(blobs, `${blobs}.aside`);
  assert.equal(found(await judgedFiles(node)), [['blob-missing', node.blob]]);
});

test('an overlay that is not there is not looked at', async () => {
  const entry = await judgedFiles(small, 'app:v1', {
    facts: () => ({ has: () => false }),
    files: { judgeOverlay: () => Promise.reject(new Error('it is looked at')) },
  });
  assert.equal([entry.disks, entry.blobs, entry.verdict], [[cidata], [], 'unverified']);
});

test('an overlay whose base is not accepted is shown without it, and judged as far as it can be', async () => {
  const node = smallNode({ snapshot: () => ({ overlay: overlayOn('/etc/shadow', null) }) });
  const { entry, requests } = await asked(node);
  assert.equal(found(entry), [
    ['backing-outside-store', overlayOf(node)],
    ['backing-format-missing', overlayOf(node)],
  ]);
  assert.equal([entry.disks, entry.blobs, requests], [[{ ...overlay, chain: [] }, cidata], [], []]);
});

test('a relative name is denied, as a clone lies elsewhere', async () => {
  const node = smallNode({ snapshot: (base) => ({ overlay: overlayOn(`../../../cloudimg/blobs/${base}.qcow2`) }) });
  assert.equal(codes(await judgedFiles(node)), ['backing-relative']);
});

test('a base that cannot be judged leaves its finding, and no base', async () => {
  const failing = async () => Promise.reject(new BlobcheckError('unreadable', 'torn'));
  const entry = await judgedFiles(small, 'app:v1', { run: () => ({ blob: failing }) });
  assert.equal(found(entry), [['file-unreadable', overlayOf(small)]]);
  const chain = [{ path: small.blob, format: 'qcow2', digest: null }];
  assert.equal([entry.disks, entry.blobs], [[{ ...overlay, chain }, cidata], []]);
});

test('a base is asked for by the names that it is opened by', async () => {
  const nameless = async (path: string, place: BlobPlace) => ({ ...(await judgeOverlay(path, place)), basePath: null });
  assert.equal((await asked(small, { files: { judgeOverlay: nameless } })).requests[0]?.names, []);
});

test('a record that means another base is denied', async () => {
  const entry = await judgedFiles(small, 'app:v1', { facts: record({ imageDigest: `sha256:${'ab'.repeat(32)}` }) });
  assert.equal(codes(entry), ['digest-mismatch']);
  assert.equal([entry.findings[0]?.subject, entry.findings[0]?.expected], [entry.id, digest]);
});

test('an overlay that is smaller than its base is denied', async () => {
  const less = (blob: string) => buildQcow2({ virtualSize: diskBytes / 2, backing: { name: blob, format: 'qcow2' } });
  const node = smallNode({ snapshot: (_base, blob) => ({ overlay: less(blob) }) });
  assert.equal(found(await judgedFiles(node)), [['virtual-size-shrunk', overlayOf(node)]]);
});

test('a base that nothing keeps is named, with the command that keeps it where its name is its hash', async () => {
  const unpinned = await judgedFiles(small, 'app:v1', { facts: record({ imageBlobIds: [] }) });
  assert.equal(
    unpinned.findings.map(({ code, remedyArgv }) => [code, remedyArgv]),
    [['blob-unpinned', ['cocoon', 'image', 'import', `blobcheck/${small.base}`, small.blob]]],
  );
  const converted = await judgedFiles(smallNode({ digest: 'ab'.repeat(32) }), 'app:v1', {
    facts: record({ imageBlobIds: [] }),
  });
  const pin = converted.findings.find(({ code }) => code === 'blob-unpinned');
  assert.equal([pin?.remedyArgv], [null]);
  const notIndexed = await judgedFiles(small, 'app:v1', { store: { imagesByDigest: async () => [] } });
  assert.equal(codes(notIndexed), ['image-not-indexed']);
});

test('a base that is gone is brought by the image that it came from', async () => {
  const node = smallNode();
  rmSync(node.blob);
  const remedy = async (changes: Changes) => {
    const { findings } = await judgedFiles(node, 'app:v1', changes);
    const gone = findings.find(({ code }) => code === 'blob-missing');
    return [gone?.remedyArgv ?? null, gone?.remedy?.split('; ')[1] ?? null, findings.length];
  };
  const ensure = ['blobcheck', 'ensure', 'app:v1'];
  assert.equal(await remedy({}), [ensure, null, 1]);
  const store = { imagesByDigest: async () => [], image: async () => [] };
  assert.equal(await remedy({ store }), [ensure, null, 2]);
  assert.equal(await remedy({ store, facts: record({ image: '' }) }), [null, 'no image is named', 2]);
  const other = { kind: 'cloudimg', ref: imageUrl, contentSum: `sha256:${'ab'.repeat(32)}`, size: 1, createdAt: null };
  const moved = { imagesByDigest: async () => [], image: async () => [other as never] };
  assert.is((await remedy({ store: moved }))[0], null);
});

test('a base is judged though the image index cannot be read, and brought by the record', async () => {
  const failing = { imagesByDigest: () => Promise.reject(new BlobcheckError('metadata-unreadable', 'torn')) };
  const { entry, requests } = await asked(small, { store: failing, facts: record({ imageBlobIds: [] }) });
  assert.equal(found(entry), [['metadata-unreadable', overlayOf(small)]]);
  assert.equal(requests, [{ blob: small.base, path: small.blob, indexedBytes: [], names: [small.blob] }]);
  const node = smallNode();
  rmSync(node.blob);
  const gone = await judgedFiles(node, 'app:v1', { store: failing });
  assert.equal(
    gone.findings.map(({ code, remedyArgv }) => [code, remedyArgv]),
    [
      ['blob-missing', ['blobcheck', 'ensure', 'app:v1']],
      ['metadata-unreadable', null],
    ],
  );
});

test.run();
