import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import { verify } from '../../lib/verify/verify.js';
import { idFor } from '../builders/cocoon-root.js';
import { putRow } from '../builders/edit-metadata.js';
import { exported } from '../builders/exported-directory.js';
import { imageUrl, overlayOn, smallNode, snapshotOn } from '../builders/small-node.js';
import { judgedWith } from '../races/judged.js';
import { codesOf } from '../support/blobcheck.js';
import { openBelow } from '../support/open-files.js';
import { settled } from '../support/settled.js';
import { verifyNode } from '../support/verify-node.js';

const test = suite('a report on a root');

test('a root that is not there is unverified, and nothing in it is allowed', async () => {
  const node = smallNode();
  rmSync(node.root.directory, { recursive: true });
  const report = await verifyNode(node, { snapshots: ['app:v1'], images: [imageUrl], all: true });
  assert.equal([report.verdict, report.root, report.engine], ['unverified', node.root.directory, null]);
  assert.equal([report.snapshots, report.images], [[], []]);
  assert.equal(
    report.findings.map(({ code }) => code),
    ['metadata-unreadable'],
  );
});

test('settings that cannot be read leave no root to look into', async () => {
  const location = Promise.reject(new BlobcheckError('metadata-unreadable', 'no settings', { hint: 'mend them' }));
  const report = await verify({ all: true }, { location, stateDir: null, tool: 'test' });
  assert.equal([report.verdict, report.root], ['unverified', null]);
  const [found] = report.findings;
  assert.equal([found?.code, found?.message, found?.remedy], ['metadata-unreadable', 'no settings', 'mend them']);
});

test('an error that is ours is thrown, and never a verdict', async () => {
  const location = Promise.reject(new TypeError('a mistake'));
  const failed = await verify({}, { location, stateDir: null, tool: 'test' }).catch((error: unknown) => error);
  assert.instance(failed, TypeError);
});

test('nothing that was asked for is nothing that is wrong', async () => {
  const report = await verifyNode(smallNode(), {});
  assert.equal([report.verdict, report.findings, report.snapshots], ['allow', [], []]);
});

test('each snapshot that was asked for has its own verdict, and how many are done is told', async () => {
  const more = (base: string, blob: string) => [
    snapshotOn('bad:v1', base, blob, { overlay: overlayOn('/etc/shadow') }),
  ];
  const node = smallNode({ more });
  const told: (readonly [number, number])[] = [];
  const onJudged = (done: number, total: number) => told.push([done, total]);
  const report = await verifyNode(node, { snapshots: ['app:v1', 'bad:v1', 'none:v1', 'none*'] }, { onJudged });
  assert.is(report.verdict, 'deny');
  assert.equal(
    report.snapshots.map((entry) => [entry.ref, entry.verdict, codesOf(entry)]),
    [
      ['app:v1', 'allow', []],
      ['bad:v1', 'deny', ['backing-outside-store']],
      ['none:v1', 'deny', ['snapshot-not-found']],
      ['none*', 'deny', ['snapshot-not-found']],
    ],
  );
  assert.equal(told.at(-1), [4, 4]);
});

test('all snapshots of a root are judged but those that are not there yet, which are counted', async () => {
  const more = (base: string, blob: string) => [snapshotOn('late:v1', base, blob, { pending: true })];
  const report = await verifyNode(smallNode({ more }), { all: true });
  assert.equal([report.verdict, report.summary.skipped], ['allow', 1]);
  assert.equal(
    report.snapshots.map(({ ref }) => ref),
    ['app:v1'],
  );
});

test('what was asked for stands in its own list, whatever else was asked for', async () => {
  const { node, directory } = exported();
  const more = smallNode();
  const request = { snapshots: ['app:v1'], directories: [directory], images: [imageUrl] };
  const report = await verifyNode(more, request);
  assert.equal(
    [report.snapshots.map(({ ref }) => ref), report.images.map(({ ref }) => ref)],
    [['app:v1', directory], [imageUrl]],
  );
  assert.is((await verifyNode(node, { directories: [directory] })).verdict, 'allow');
});

test('metadata that changed is said of what was denied, too, though nothing was read', async () => {
  const node = smallNode();
  rmSync(node.blob);
  const { directory } = node.root;
  const onJudged = () => {
    putRow(directory, 'json', 'names', 'app:v1', 'GONE');
    putRow(directory, 'json', 'cloud-images', imageUrl, { ref: imageUrl, content_sum: `sha256:${'cd'.repeat(32)}` });
  };
  const { snapshots, images } = await verifyNode(node, { snapshots: ['app:v1'], images: [imageUrl] }, { onJudged });
  for (const [entry, ref] of [
    [snapshots[0], 'app:v1'],
    [images[0], imageUrl],
  ] as const) {
    assert.equal([entry?.verdict, codesOf(entry)], ['deny', ['blob-missing', 'file-changed']]);
    const found = entry?.findings[1];
    assert.equal(
      [found?.subject, found?.message],
      [ref, 'the metadata says something else of it now than when it was judged'],
    );
  }
});

test('metadata is asked again after a read, though its files look as they did', async () => {
  const node = smallNode();
  const elsewhere = smallNode({ content: 'another base' });
  // The second time it leads to another root, of which the files that were read show nothing.
  const locations = [node.root.location, elsewhere.root.location];
  const location = {
    // biome-ignore lint/suspicious/noThenProperty: it is awaited twice, with two answers.
    then: (resolve: (found: unknown) => void) => resolve(locations.shift()),
  } as unknown as typeof node.root.location;
  const [entry] = (await verifyNode(node, undefined, { location })).snapshots;
  assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['file-changed']]);
});

test('sqlite: a name that leads elsewhere before the base is looked at is not allowed for what it led to', async () => {
  const node = smallNode({ engine: 'sqlite', more: (base, blob) => [snapshotOn('other:v1', base, blob)] });
  const [id, other] = [idFor('app:v1'), idFor('other:v1')];
  await settled(node.blob);
  const database = join(node.root.directory, 'meta');
  // A statement that is prepared keeps the log there until it is collected; the database is to be idle.
  const lead = (to: string) => {
    const open = new DatabaseSync(join(database, 'meta.db'));
    const row = `('app:v1', x'${Buffer.from(JSON.stringify(to)).toString('hex')}')`;
    open.exec(`INSERT OR REPLACE INTO "snapshots__names" VALUES ${row}`);
    open.close();
  };
  const { paths } = await judgedWith(node, 'read');
  const early = paths.slice(0, paths.indexOf(node.blob));
  const looks = [...early.keys()].filter((step) => early[step]?.startsWith(database));
  assert.ok(looks.length > 4);
  for (const look of looks) {
    lead(id);
    await settled(join(database, 'meta.db'));
    const { report } = await judgedWith(node, 'read', new Map([[look, () => lead(other)]]));
    const [entry] = report.snapshots;
    assert.ok(entry?.verdict !== 'allow' || entry.id === other, `look ${look}`);
  }
});

test('sqlite: the database is closed in the end, whatever came of it', async () => {
  const node = smallNode({ engine: 'sqlite' });
  await verifyNode(node);
  const open = openBelow(node.root.directory).length;
  await verifyNode(node);
  assert.ok(openBelow(node.root.directory).length <= open);
});

test('sqlite: an interruption is no report, though nothing was asked for', async () => {
  const node = smallNode({ engine: 'sqlite' });
  const answer = await verifyNode(node, {}, { signal: AbortSignal.abort() }).catch((error: unknown) => error);
  assert.is((answer as { code?: string }).code, 'aborted');
});

test('an index that cannot be read is said once, and nothing is allowed by it', async () => {
  const node = smallNode();
  writeFileSync(join(node.root.directory, 'snapshot/db/snapshots.json'), '{');
  const report = await verifyNode(node, { all: true });
  assert.equal([report.verdict, report.snapshots, report.summary.skipped], ['unverified', [], 0]);
  assert.equal(
    report.findings.map(({ code }) => code),
    ['metadata-unreadable'],
  );
});

test('a torn index whose previous generation is read is said, as cocoon reads that too', async () => {
  const node = smallNode();
  const index = join(node.root.directory, 'snapshot/db/snapshots.json');
  copyFileSync(index, `${index}.prev`);
  writeFileSync(index, '{');
  const report = await verifyNode(node);
  assert.equal([report.verdict, report.snapshots[0]?.verdict], ['allow', 'allow']);
  const [found, ...others] = report.findings;
  assert.equal([found?.code, found?.subject, others], ['metadata-recovered', index, []]);
  assert.match(found?.message ?? '', 'its previous generation was read, as cocoon does: ');
});

test('a root that loses its metadata while a base is read allows nothing', async () => {
  const node = smallNode({ engine: 'sqlite' });
  await settled(node.blob);
  let done = false;
  const onProgress = () => {
    if (!done) rmSync(join(node.root.directory, 'meta'), { recursive: true });
    done = true;
  };
  const report = await verifyNode(node, undefined, { onProgress });
  assert.ok(done);
  assert.is(report.verdict, 'unverified');
  assert.equal(
    report.findings.map(({ code }) => code),
    ['metadata-unreadable'],
  );
});

test.run();
