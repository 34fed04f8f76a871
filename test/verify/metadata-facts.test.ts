import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import type { EntryReport } from '../../lib/report/documents.js';
import { openStore } from '../../lib/store/open.js';
import { changedSince, metadataFacts } from '../../lib/verify/metadata-facts.js';
import type { VerifyRequest } from '../../lib/verify/verify.js';
import { idFor, type SnapshotFiles } from '../builders/cocoon-root.js';
import { putRow } from '../builders/edit-metadata.js';
import { imageUrl, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { judgedWith } from '../races/judged.js';
import { codesOf } from '../support/blobcheck.js';
import { meddlingSignal } from '../support/meddling-signal.js';
import { openBelow } from '../support/open-files.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { verifyNode } from '../support/verify-node.js';
import { whatReceiptsNeed } from './blobs.js';

const test = suite('metadata that changes while a base is read');

type Engine = 'json' | 'sqlite';

const id = idFor('app:v1');
const other = idFor('other:v1');

/** A node with the snapshots `app:v1` and `other:v1`, and the record of the first. */
function twoSnapshots(engine: Engine): { node: SmallNode; record: Record<string, unknown> } {
  let record: Record<string, unknown> = {};
  const node = smallNode({
    engine,
    snapshot: () => ({ edit: (files: SnapshotFiles) => (record = files.record) }),
    more: (base, blob) => [snapshotOn('other:v1', base, blob)],
  });
  return { node, record };
}

/** Judges something, and does something to the metadata when the first bytes of the base have been read. */
async function judgeWhile(
  node: SmallNode,
  request: VerifyRequest,
  meddle: () => void,
): Promise<readonly EntryReport[]> {
  await settled(node.blob);
  let done = false;
  const onProgress = () => {
    if (done) return;
    done = true;
    meddle();
  };
  const report = await verifyNode(node, request, { onProgress });
  assert.ok(done, 'nothing was read');
  return [...report.snapshots, ...report.images];
}

type Change = (root: string, engine: Engine, record: Record<string, unknown>) => void;

const moved: readonly (readonly [string, string, Change])[] = [
  ['a name leads to another snapshot', 'app:v1', (root, engine) => putRow(root, engine, 'names', 'app:v1', other)],
  ['a name leads nowhere', 'app:v1', (root, engine) => putRow(root, engine, 'names', 'app:v1', 'GONE')],
  ['a name is no string', 'app:v1', (root, engine) => putRow(root, engine, 'names', 'app:v1', 7)],
  ['the prefix of its id is another snapshot’s name', id.slice(0, 6), addName(id.slice(0, 6))],
  [
    'a prefix fits another snapshot',
    id.slice(0, 6),
    (root, engine) => putRow(root, engine, 'snapshots', `${id.slice(0, 6)}X`, {}),
  ],
  ['the record is gone', id, (root, engine) => putRow(root, engine, 'snapshots', id, null)],
  ['the record is broken', id, (root, engine) => putRow(root, engine, 'snapshots', id, { name: 7 })],
  [
    'the record has another image',
    'app:v1',
    (root, engine, record) => {
      putRow(root, engine, 'snapshots', id, { ...record, image: 'https://images.example.com/other.qcow2' });
    },
  ],
  [
    'the record pins nothing any more',
    'app:v1',
    (root, engine, record) => putRow(root, engine, 'snapshots', id, { ...record, image_blob_ids: {} }),
  ],
  [
    'it is being deleted',
    'app:v1',
    (root, engine) => putRow(root, engine, 'tombstones', id, { phase: 'deleting', cleanup: {} }),
  ],
];

const same: readonly (readonly [string, string, Change])[] = [
  ['nothing happens', 'app:v1', () => {}],
  [
    'a clone is noted in the record',
    'app:v1',
    (root, engine, record) => {
      putRow(root, engine, 'snapshots', id, { ...record, last_accessed_at: '2026-11-25T00:00:00Z' });
    },
  ],
  ['a snapshot is saved', 'app:v1', (root, engine) => putRow(root, engine, 'snapshots', 'NEW', { name: 'new' })],
  ['another name is given away', 'app:v1', (root, engine) => putRow(root, engine, 'names', 'other:v1', id)],
];

for (const engine of ['json', 'sqlite'] as const) {
  for (const [what, ref, change] of moved) {
    test(`${engine}: ${what}: the snapshot changed, and nothing is allowed`, async () => {
      const { node, record } = twoSnapshots(engine);
      const meddle = () => change(node.root.directory, engine, record);
      const [entry] = await judgeWhile(node, { snapshots: [ref] }, meddle);
      assert.equal(codesOf(entry), ['file-changed']);
      assert.is(entry?.verdict, 'unverified');
      assert.is(entry?.findings[0]?.subject, ref);
    });
  }

  for (const [what, ref, change] of same) {
    test(`${engine}: ${what}: the snapshot is as it was`, async () => {
      const { node, record } = twoSnapshots(engine);
      const meddle = () => change(node.root.directory, engine, record);
      const [entry] = await judgeWhile(node, { snapshots: [ref] }, meddle);
      assert.equal(codesOf(entry), []);
      assert.is(entry?.verdict, 'allow');
    });
  }

  test(`${engine}: only what the metadata says something else of has changed`, async () => {
    const { node } = twoSnapshots(engine);
    const meddle = () => putRow(node.root.directory, engine, 'names', 'app:v1', other);
    const entries = await judgeWhile(node, { snapshots: ['app:v1', 'other:v1'], images: [imageUrl] }, meddle);
    assert.equal(entries.map(codesOf), [['file-changed'], [], []]);
  });

  test(`${engine}: a machine that has another record now is not restored, one that is running now is`, async () => {
    for (const [change, expected] of [
      [{ storage_configs: [] }, ['file-changed', 'layer-mismatch']],
      [{ state: 'running' }, ['layer-mismatch']],
    ] as const) {
      const { node } = twoSnapshots(engine);
      const machine = { storage_configs: [{ path: '/x/overlay.qcow2', role: 'cow' }] };
      const put = (record: object) => putRow(node.root.directory, engine, 'cloud-hypervisor-vms', 'VM01', record);
      put(machine);
      const request = { snapshots: ['app:v1'], vm: 'VM01' };
      const [entry] = await judgeWhile(node, request, () => put({ ...machine, ...change }));
      assert.equal([...codesOf(entry)].sort(), expected);
    }
  });

  test(`${engine}: an image that leads to other content now has changed`, async () => {
    const { node } = twoSnapshots(engine);
    const entry = { ref: imageUrl, content_sum: `sha256:${'cd'.repeat(32)}`, size: 1 };
    const meddle = () => putRow(node.root.directory, engine, 'cloud-images', imageUrl, entry);
    const [image] = await judgeWhile(node, { images: [imageUrl] }, meddle);
    assert.equal(codesOf(image), ['file-changed']);
    assert.is(image?.verdict, 'unverified');
  });
}

test('an index that cannot be read any more allows nothing', async () => {
  const { node } = twoSnapshots('json');
  const index = join(node.root.directory, 'snapshot/db/snapshots.json');
  const [entry] = await judgeWhile(node, { snapshots: ['app:v1'] }, () => writeFileSync(index, 'torn'));
  assert.equal(codesOf(entry), ['file-changed']);
});

needs(await whatReceiptsNeed(), test, 'what changes while nothing is read has changed, too', async () => {
  for (const engine of ['json', 'sqlite'] as const) {
    const { node } = twoSnapshots(engine);
    await settled(node.blob);
    await verifyNode(node);
    const { directory } = node.root;
    const { report, paths } = await judgedWith(node, 'remembered');
    assert.is(report.verdict, 'allow');
    // The first look at the base comes after all that the metadata says.
    const step = paths.indexOf(node.blob);
    const meddle = () => putRow(directory, engine, 'names', 'app:v1', other);
    const changed = await judgedWith(node, 'remembered', new Map([[step, meddle]]));
    assert.equal(codesOf(changed.report.snapshots[0]), ['file-changed'], engine);
  }
});

test('sqlite: a name that leads elsewhere since it was resolved is not allowed, whatever the record says', async () => {
  const { node } = twoSnapshots('sqlite');
  await settled(node.blob);
  const lead = (to: string) => putRow(node.root.directory, 'sqlite', 'names', 'app:v1', to);
  for (let look = 1, hasActed = true; hasActed; look++) {
    lead(id);
    hasActed = false;
    const signal = meddlingSignal(look, () => {
      hasActed = true;
      lead(other);
    });
    const [entry] = (await verifyNode(node, undefined, { signal })).snapshots;
    if (hasActed) assert.ok(entry?.verdict !== 'allow' || entry.id === other, `look ${look}`);
  }
});

/** A store that gives every question this answer. */
async function answering(answer: () => Promise<never>) {
  const store = await openStore(smallNode().root.location);
  return { ...store, resolve: answer, snapshot: answer, image: answer, virtualMachines: answer };
}

const asked = { targets: [{ kind: 'snapshot', id, ref: 'app:v1' }], images: [imageUrl], vm: 'vm' } as const;

test('what cannot be read is a fact, too, by its reason', async () => {
  const store = await answering(async () => {
    throw new BlobcheckError('metadata-unreadable', 'it is torn');
  });
  const reason = 'metadata-unreadable: it is torn';
  const facts = await metadataFacts(store, asked);
  assert.equal(
    [...facts],
    [
      ['snapshot app:v1', `${reason}\n${reason}`],
      [`image ${imageUrl}`, reason],
    ],
  );
});

test('an interruption, and an error of ours, is none', async () => {
  for (const error of [new BlobcheckError('aborted', 'enough'), new TypeError('a mistake')]) {
    const store = await answering(async () => {
      throw error;
    });
    for (const one of [asked, { ...asked, vm: undefined }, { ...asked, targets: [], vm: undefined }]) {
      assert.is(await metadataFacts(store, one).catch((thrown: unknown) => thrown), error);
    }
  }
});

test('sqlite: the database that is looked at again is closed', async () => {
  const { node } = twoSnapshots('sqlite');
  const location = await node.root.location;
  const open = openBelow(node.root.directory).length;
  assert.equal(
    await changedSince(new Map([['image x', '[]']]), location, { ...asked, targets: [], images: ['x'] }),
    new Set(),
  );
  assert.ok(openBelow(node.root.directory).length <= open);
});

function addName(name: string): Change {
  return (root, engine) => putRow(root, engine, 'names', name, other);
}

test.run();
