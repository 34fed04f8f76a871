/** Each incident of cocoon's and vk-cocoon's trackers that a verify can judge, replayed from its files, on both engines. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { flipBit } from '../demo/node.js';
import type { EntryReport } from '../lib/report/documents.js';
import type { SnapshotSpec } from './builders/cocoon-root.js';
import { baseBytes, imageUrl, overlayOn, type SmallNode, smallNode } from './builders/small-node.js';
import { codesOf, verifyJson } from './support/blobcheck.js';
import { pastedWithoutPlace } from './support/remedies.js';
import { needs } from './support/requires.js';

type Engine = 'json' | 'sqlite';

const test = suite('incidents');

const rebuilt = 'beef'.repeat(16);

/** The tag was rebuilt and pulled again with --force: the index leads to another digest. Null takes the entry away. */
function setImage(node: SmallNode, engine: Engine, digest: string | null): void {
  const entry = { ref: imageUrl, content_sum: `sha256:${digest}`, size: 4096, created_at: '2026-11-24T20:43:58Z' };
  if (engine === 'json') {
    const index = join(node.root.directory, 'cloudimg/db/images.json');
    writeFileSync(index, JSON.stringify({ images: digest === null ? {} : { [imageUrl]: entry } }));
    return;
  }
  const database = new DatabaseSync(join(node.root.directory, 'meta/meta.db'));
  if (digest === null) database.exec('DELETE FROM images_cloudimg__records');
  else database.prepare('UPDATE images_cloudimg__records SET data = ?').run(Buffer.from(JSON.stringify(entry)));
  database.close();
}

function judge(node: SmallNode): { entry: EntryReport; status: number | null } {
  const { status, report } = verifyJson([...node.options, 'app:v1']);
  const [entry] = report.snapshots;
  if (entry === undefined) throw new Error('no entry');
  return { entry, status };
}

function withOverlay(overlay: (blob: string) => Buffer): (base: string, blob: string) => Partial<SnapshotSpec> {
  return (_base, blob) => ({ overlay: overlay(blob) });
}

for (const engine of ['json', 'sqlite'] as const) {
  test(`vk-cocoon #2, cocoon #37: the tag was rebuilt and the needed build is gone; both digests are named (${engine})`, () => {
    const node = smallNode({ engine });
    setImage(node, engine, rebuilt);
    rmSync(node.blob);
    const { entry, status } = judge(node);
    assert.is(status, 1);
    assert.is(codesOf(entry)[0], 'blob-missing');
    assert.match(entry.findings[0]?.message ?? '', `sha256:${node.base}`);
    assert.match(entry.findings[0]?.message ?? '', `${imageUrl} now leads to sha256:${rebuilt}`);
    assert.match(entry.findings[0]?.remedy ?? '', /bake the snapshot again|copy sha256:/);
    assert.ok(codesOf(entry).includes('tag-moved'));
    assert.is(entry.blobs[0]?.how, null);
  });

  test(`the tag was rebuilt and the needed build is still here: allowed, and told (${engine})`, () => {
    const node = smallNode({ engine });
    setImage(node, engine, rebuilt);
    const { entry, status } = judge(node);
    assert.is(status, 0);
    assert.equal(codesOf(entry), ['image-not-indexed', 'tag-moved']);
  });

  test(`cocoon #18: the remedy of a missing base is ensure, which does not skip what the index knows (${engine})`, () => {
    const node = smallNode({ engine });
    rmSync(node.blob);
    const { entry } = judge(node);
    assert.equal(entry.findings[0]?.remedyArgv, ['blobcheck', 'ensure', ...node.options, 'app:v1']);
  });

  test(`cocoon #38: a base whose image is no URL is said to be not pullable (${engine})`, () => {
    const image = 'ghcr.io/lab/desktop:latest';
    const node = smallNode({ engine, snapshot: () => ({ image }) });
    setImage(node, engine, null);
    rmSync(node.blob);
    const { entry, status } = judge(node);
    assert.is(status, 1);
    assert.is(codesOf(entry)[0], 'blob-missing');
    assert.match(entry.findings[0]?.remedy ?? '', `cannot be pulled: not a URL (${image})`);
    assert.is(entry.findings[0]?.remedyArgv, null);
  });

  test(`cocoon #254: an image that was removed while a snapshot needs it is told before it is collected (${engine})`, () => {
    const node = smallNode({ engine });
    setImage(node, engine, null);
    const { entry, status } = judge(node);
    assert.is(status, 0);
    assert.equal(codesOf(entry), ['image-not-indexed']);
  });

  test(`an old record pins nothing, so the next collection may take the base (${engine})`, () => {
    const edit: SnapshotSpec['edit'] = ({ record }) => delete record.image_blob_ids;
    const { entry, status } = judge(smallNode({ engine, snapshot: () => ({ edit }) }));
    assert.is(status, 0);
    assert.equal(codesOf(entry), ['blob-unpinned']);
  });

  test(`one bit of the base flipped, which a clone does not notice (${engine})`, () => {
    const node = smallNode({ engine });
    assert.is(judge(node).status, 0);
    flipBit(node.blob, 5 * 65536);
    const { entry, status } = judge(node);
    assert.is(status, 1);
    assert.equal(codesOf(entry), ['blob-corrupt']);
    assert.is(pastedWithoutPlace(entry.findings[0]?.remedy), 'blobcheck ensure app:v1');
  });

  needs(['receipts'], test, `the base swapped for a healthy image of another digest (${engine})`, () => {
    const node = smallNode({ engine });
    assert.is(judge(node).status, 0);
    rmSync(node.blob);
    writeFileSync(node.blob, baseBytes('swapped'));
    const { entry, status } = judge(node);
    assert.is(status, 1);
    assert.equal(codesOf(entry), ['blob-replaced']);
  });

  test(`an overlay that stands on a file of another tenant (${engine})`, () => {
    const node = smallNode({
      engine,
      snapshot: withOverlay((blob) => overlayOn(blob.replace('cloudimg/blobs', 'tenant-b'))),
    });
    mkdirSync(join(node.root.directory, 'tenant-b'));
    const { entry, status } = judge(node);
    assert.is(status, 1);
    assert.equal(codesOf(entry), ['backing-outside-store']);
    assert.equal(entry.blobs, []);
  });

  test(`an overlay that sends qemu-img to a server (${engine})`, () => {
    const node = smallNode({ engine, snapshot: withOverlay(() => overlayOn('nbd:192.0.2.1:10809')) });
    const { entry, status } = judge(node);
    assert.is(status, 1);
    assert.equal(codesOf(entry), ['backing-not-a-path']);
  });

  test(`an entropy source or a debug console that is a file of the host (${engine})`, () => {
    const edits: SnapshotSpec['edit'][] = [
      ({ config }) => Object.assign(config.rng, { src: '/srv/tenant-b/disk.raw' }),
      ({ config }) => Object.assign(config.debug_console, { mode: 'File', file: '/etc/cron.d/x' }),
    ];
    for (const edit of edits) {
      const { entry, status } = judge(smallNode({ engine, snapshot: () => (edit === undefined ? {} : { edit }) }));
      assert.is(status, 1);
      assert.ok(codesOf(entry).every((code) => code === 'vm-config-host-access'));
    }
  });

  test(`the record and the overlay name different bases (${engine})`, () => {
    const edit: SnapshotSpec['edit'] = ({ record }) => Object.assign(record, { image_digest: `sha256:${rebuilt}` });
    const { entry, status } = judge(smallNode({ engine, snapshot: () => ({ edit }) }));
    assert.is(status, 1);
    assert.equal(codesOf(entry), ['digest-mismatch']);
  });
}

test.run();
