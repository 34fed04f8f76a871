import { appendFileSync, chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openState } from '../../lib/trust/state-directory.js';
import { rereadBlobs } from '../../lib/verify/reread.js';
import { storeStatus } from '../../lib/verify/status.js';
import { imageUrl, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { settled } from '../digest/settled.js';
import { needs } from '../support/requires.js';
import { verifyNode } from '../support/verify-node.js';
import { hold } from '../trust/held.js';

const test = suite('what is known of each blob');

const options = ({ root, state }: SmallNode) => ({ location: root.location, stateDir: state, tool: 'test' });
const statusOf = async (node: SmallNode) => (await storeStatus(options(node))).blobs;

for (const engine of ['json', 'sqlite'] as const) {
  needs(['receipts'], test, `says who needs it, and what was read of it (${engine})`, async () => {
    const more = (base: string, blob: string) => [snapshotOn('late:v1', base, blob, { pending: true })];
    const node = smallNode({ engine, more });
    await settled(node.blob);
    const [before, ...others] = await statusOf(node);
    assert.equal(others, []);
    assert.equal([before?.blob, before?.path, before?.present], [node.base, node.blob, true]);
    assert.equal([before?.digest, before?.lastRead, before?.unchangedSince], [null, null, null]);
    assert.equal([before?.images, before?.snapshots], [[imageUrl], ['app:v1']]);
    await verifyNode(node);
    const [read] = await statusOf(node);
    assert.equal([read?.digest, read?.basis, read?.lastResult], [`sha256:${node.base}`, 'name', 'good']);
    assert.is(read?.unchangedSince, true);
    chmodSync(node.blob, 0o644);
    appendFileSync(node.blob, 'x');
    assert.is((await statusOf(node))[0]?.unchangedSince, false);
    rmSync(node.blob);
    const [gone] = await statusOf(node);
    assert.equal([gone?.present, gone?.bytes, gone?.digest], [false, null, `sha256:${node.base}`]);
  });
}

test('an index that cannot be read is told, and what else is known stands', async () => {
  const node = smallNode();
  writeFileSync(join(node.root.directory, 'snapshot/db/snapshots.json'), '{');
  const { findings } = await storeStatus(options(node));
  assert.ok(findings.some(({ code }) => code === 'metadata-unreadable'));
});

test('a seal that is none is told with its blob', async () => {
  const node = smallNode();
  await verifyNode(node);
  const { path, key } = await openState(node.state, node.root.directory);
  writeFileSync(join(path ?? '', 'seals', key, `${node.base}.json`), '{');
  const [blob] = await statusOf(node);
  assert.equal(
    blob?.findings.map(({ code }) => code),
    ['seal-unreadable'],
  );
});

needs(['receipts'], test, 'what is read again is remembered, by one process at a time', async () => {
  const node = smallNode();
  await settled(node.blob);
  assert.is(await rereadBlobs([node.base, 'no name of a blob'], options(node)), true);
  assert.is((await statusOf(node))[0]?.lastResult, 'good');
  const state = await openState(node.state, node.root.directory);
  const held = await hold(state, 'reread');
  assert.is(await rereadBlobs([node.base], options(node)), false);
  await held.release();
});

test.run();
