import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ensureImages } from '../../lib/remedy/ensure-image.js';
import type { PullPolicy } from '../../lib/remedy/policy.js';
import type { EnsureReport } from '../../lib/report/documents.js';
import { baseBytes, overlayOn, snapshotOn } from '../builders/small-node.js';
import { withoutPlace } from '../support/remedies.js';
import { needs } from '../support/requires.js';
import { sha256 } from '../support/sha256.js';
import { flip } from '../verify/blobs.js';
import { bringingNeeds, cocoonFor, outcomes, type ServedNode, servedNode } from './node.js';

const test = suite('ensure --image');

function ensure(node: ServedNode, policy: PullPolicy, ref = node.url): Promise<EnsureReport> {
  const check = { location: node.root.location, stateDir: node.state, tool: 'test' };
  return ensureImages({ images: [ref], policy }, { ...check, cocoon: cocoonFor(node.env) });
}

const codes = (report: EnsureReport) =>
  report.verify.images.flatMap(({ findings }) => findings.map(({ code }) => code));

/** What the index says that a reference leads to. */
function indexed({ root, url }: ServedNode): string | undefined {
  return JSON.parse(readFileSync(`${root.directory}/cloudimg/db/images.json`, 'utf8')).images[url]?.content_sum;
}

needs(bringingNeeds, test, 'an image that is here and right is not pulled by IfNotPresent', async () => {
  const node = await servedNode();
  assert.equal([(await ensure(node, 'IfNotPresent')).verdict, node.calls()], ['allow', []]);
  await node.server.close();
});

needs(bringingNeeds, test, 'one that the index does not know is pulled into the store and sealed', async () => {
  const node = await servedNode({ image: 'http://images.example.com/other', snapshot: {} });
  const report = await ensure(node, 'IfNotPresent');
  assert.equal([report.verdict, outcomes(report)], ['allow', ['pulled']]);
  assert.equal(node.calls(), [['image', 'pull', node.url]]);
  await node.server.close();
});

needs(bringingNeeds, test, 'a corrupt one is healed although cocoon keeps the corrupt file under --force', async () => {
  for (const policy of ['IfNotPresent', 'Always'] as const) {
    const node = await servedNode();
    assert.is((await ensure(node, 'Never')).verdict, 'allow');
    chmodSync(node.blob, 0o644);
    await flip(node.blob, node.source.length - 1);
    const report = await ensure(node, policy);
    assert.is(report.verdict, 'allow');
    assert.equal(outcomes(report), policy === 'Always' ? ['pulled', 'pulled'] : ['pulled']);
    assert.is(sha256(readFileSync(node.blob)), node.base);
    await node.server.close();
  }
});

needs(
  bringingNeeds,
  test,
  'a corrupt one whose reference has moved on upstream becomes what it leads to now',
  async () => {
    const node = await servedNode();
    rmSync(node.blob);
    const rebuilt = baseBytes('rebuilt');
    node.server.serve('base.qcow2', rebuilt);
    const report = await ensure(node, 'IfNotPresent');
    assert.equal([report.verdict, outcomes(report)], ['allow', ['pulled']]);
    assert.is(indexed(node), `sha256:${sha256(rebuilt)}`);
    await node.server.close();
  },
);

needs(bringingNeeds, test, 'Always moves the tag to what upstream has now, and seals it', async () => {
  const node = await servedNode();
  const rebuilt = baseBytes('rebuilt');
  node.server.serve('base.qcow2', rebuilt);
  const report = await ensure(node, 'Always');
  assert.equal([report.verdict, outcomes(report)], ['allow', ['pulled']]);
  assert.is(indexed(node), `sha256:${sha256(rebuilt)}`);
  assert.is(report.verify.images[0]?.blobs[0]?.basis, 'name');
  assert.is(sha256(readFileSync(node.blob)), node.base, 'the old build, which a snapshot pins, is still here');
  await node.server.close();
});

needs(
  bringingNeeds,
  test,
  'Always is refused with the pin command while an unpinned base hangs on that entry alone',
  async () => {
    const unpinned = { edit: (files: { record: Record<string, unknown> }) => delete files.record.image_blob_ids };
    const node = await servedNode({ snapshot: unpinned as never });
    const report = await ensure(node, 'Always');
    assert.equal([report.verdict, outcomes(report)], ['deny', ['refused']]);
    const [found] = report.verify.images[0]?.findings ?? [];
    assert.match(found?.message ?? '', 'app:v1');
    assert.equal(withoutPlace(found?.remedyArgv), ['cocoon', 'image', 'import', `blobcheck/${node.base}`, node.blob]);
    assert.equal(node.calls(), []);
    // An old record that does not name its digest either: the overlay's header does.
    const old = await servedNode({
      snapshot: {
        edit: ({ record }: { record: Record<string, unknown> }) => {
          delete record.image_blob_ids;
          delete record.image_digest;
        },
      } as never,
    });
    assert.equal(outcomes(await ensure(old, 'Always')), ['refused']);
    await node.server.close();
    await old.server.close();
  },
);

needs(bringingNeeds, test, 'a pinned base, or one that another reference names, does not hold the tag', async () => {
  const more = (base: string, blob: string) => [snapshotOn('two:v1', base, blob, { overlay: overlayOn(blob) })];
  const node = await servedNode({ more });
  assert.equal(outcomes(await ensure(node, 'Always')), ['pulled']);
  await node.server.close();
});

test('what is no URL is not pullable', async () => {
  const node = await servedNode();
  const report = await ensure(node, 'IfNotPresent', 'ghcr.io/lab/desktop:latest');
  assert.equal([report.verdict, codes(report)], ['deny', ['image-not-pullable', 'image-not-found']]);
  assert.equal(node.calls(), []);
  await node.server.close();
});

test('Never brings nothing', async () => {
  const node = await servedNode();
  rmSync(node.blob);
  const report = await ensure(node, 'Never');
  assert.equal([report.verdict, codes(report), node.calls()], ['deny', ['blob-missing'], []]);
  await node.server.close();
});

test.run();
