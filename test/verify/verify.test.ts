import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import { verify } from '../../lib/verify/verify.js';
import { imageUrl, overlayOn, smallNode, snapshotOn } from '../builders/small-node.js';
import { codesOf } from '../support/blobcheck.js';
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

test('an index that cannot be read is said once, and nothing is allowed by it', async () => {
  const node = smallNode();
  writeFileSync(join(node.root.directory, 'snapshot/db/snapshots.json'), '{');
  const report = await verifyNode(node, { all: true });
  assert.equal([report.verdict, report.snapshots], ['unverified', []]);
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

test.run();
