import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baseBytes, overlayOn, snapshotOn } from '../builders/small-node.js';
import { needs } from '../support/requires.js';
import { sha256 } from '../support/sha256.js';
import { bringingNeeds, codesOf, otherFiles, outcomes, type ServedNode, scratchIsGone, servedNode } from './node.js';

const test = suite('where ensure looks');

function setImageOf({ root }: ServedNode, name: string, image: string): void {
  const path = `${root.directory}/snapshot/db/snapshots.json`;
  const index = JSON.parse(readFileSync(path, 'utf8'));
  index.snapshots[index.names[name]].image = image;
  writeFileSync(path, JSON.stringify(index));
}

needs(
  bringingNeeds,
  test,
  'vk-cocoon #2 and cocoon #37: the tag was rebuilt upstream: both digests and what to do',
  async () => {
    const node = await servedNode();
    rmSync(node.blob);
    const rebuilt = baseBytes('rebuilt');
    node.server.serve('base.qcow2', rebuilt);
    const before = otherFiles(node);
    const report = await node.ensure();
    assert.equal([report.verdict, outcomes(report)], ['deny', ['refused']]);
    assert.equal(codesOf(report), ['pull-other-content', 'blob-missing']);
    const [found] = report.verify.snapshots[0]?.findings ?? [];
    assert.equal([found?.expected, found?.actual], [`sha256:${node.base}`, `sha256:${sha256(rebuilt)}`]);
    assert.match(found?.remedy ?? '', 'bake the snapshot again');
    assert.match(found?.remedy ?? '', /blobcheck ensure --from FILE --root-dir \S+ --state-dir \S+ app:v1/);
    assert.equal(otherFiles(node), before);
    assert.ok(scratchIsGone(node));
    await node.server.close();
  },
);

for (const image of ['ghcr.io/lab/desktop:latest', 'file:///etc/passwd', 'simular/win11', '-x', 'ftp://x/y']) {
  test(`cocoon #38: ${image} is not pullable, and that is said before trying`, async () => {
    const node = await servedNode({ image, indexed: false });
    rmSync(node.blob);
    const report = await node.ensure();
    assert.equal([report.verdict, outcomes(report)], ['deny', ['refused']]);
    assert.equal(codesOf(report).slice(0, 2), ['image-not-pullable', 'blob-missing']);
    assert.equal(node.calls(), []);
    await node.server.close();
  });
}

needs(bringingNeeds, test, 'what cocoon says when it cannot pull is told', async () => {
  const node = await servedNode();
  rmSync(node.blob);
  node.server.serve('base.qcow2', null);
  const report = await node.ensure();
  assert.equal(codesOf(report), ['pull-failed', 'blob-missing']);
  assert.match(report.verify.snapshots[0]?.findings[0]?.message ?? '', '404');
  assert.ok(scratchIsGone(node));
  await node.server.close();
});

needs(
  bringingNeeds,
  test,
  'the index’s own URL for the digest comes before the record’s, which comes when that fails',
  async () => {
    const node = await servedNode({ snapshot: { image: 'http://127.0.0.1:1/nobody' } });
    rmSync(node.blob);
    assert.equal(outcomes(await node.ensure()), ['pulled']);
    assert.equal(
      node.calls().map((words) => words.at(-1)),
      [node.url],
    );
    const other = await servedNode({ indexed: false, image: node.url });
    renameSync(other.blob, `${other.blob}.away`);
    assert.equal(outcomes(await other.ensure()), ['pulled']);
    await node.server.close();
    await other.server.close();
  },
);

needs(bringingNeeds, test, 'of two snapshots on one base the one with a better source brings it for both', async () => {
  const node = await servedNode({
    indexed: false,
    image: 'http://127.0.0.1:1/nobody',
    more: (base, blob) => [snapshotOn('other:v1', base, blob, { overlay: overlayOn(blob), image: 'URL' })],
  });
  setImageOf(node, 'other:v1', node.url);
  rmSync(node.blob);
  const report = await node.ensure({ snapshots: ['app:v1', 'other:v1'] });
  assert.equal([report.verdict, outcomes(report)], ['allow', ['refused', 'pulled']]);
  assert.ok(!codesOf(report).includes('pull-failed'));
  await node.server.close();
});

needs(bringingNeeds, test, 'what somebody with a better source has brought meanwhile is present', async () => {
  const node = await servedNode();
  rmSync(node.blob);
  const stalled = node.server.stall('base.qcow2', node.source);
  const waiting = node.ensure();
  await stalled.started;
  writeFileSync(node.blob, node.source, { mode: 0o444 });
  stalled.cut();
  const report = await waiting;
  assert.equal([report.verdict, outcomes(report)], ['allow', ['present']]);
  await node.server.close();
});

test.run();
