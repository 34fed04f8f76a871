import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import type { Store } from '../../lib/store/store.js';
import { writeDatabase } from '../builders/cocoon-database.js';
import { buildRoot, writeIndex } from '../builders/cocoon-root.js';
import { temporaryDirectory } from '../support/temporary.js';
import { refusal } from './refusal.js';

const test = suite('images');

const a = 'aa'.repeat(32);
const b = 'bb'.repeat(32);
/** Begins like `a`, for the prefix. */
const a2 = `${'aa'.repeat(6)}${'cc'.repeat(26)}`;
const cloud = {
  'http://x/one': { content_sum: `sha256:${a}`, size: 1 },
  'http://x/alias': { content_sum: `sha256:${a}`, size: 1 },
  'http://x/two': { content_sum: `sha256:${b}`, size: 2 },
  both: { content_sum: `sha256:${b}`, size: 2 },
  empty: null,
};
const oci = {
  'local/oci:v1': { manifest_digest: `sha256:${a2}`, layers: [{ digest: `sha256:${b}` }, { digest: `sha256:${a2}` }] },
  both: { manifest_digest: 'sha256:other', layers: [] },
};

async function stores(images = { cloud: cloud as object, oci: oci as object }): Promise<Store[]> {
  const json = buildRoot({ directory: temporaryDirectory() });
  const { mkdirSync } = await import('node:fs');
  mkdirSync(join(json.directory, 'oci', 'db'), { recursive: true });
  writeIndex(join(json.directory, 'cloudimg', 'db', 'images.json'), { images: images.cloud });
  writeIndex(join(json.directory, 'oci', 'db', 'images.json'), { images: images.oci });
  const root = temporaryDirectory();
  const rows = { images_cloudimg__records: images.cloud, images_oci__records: images.oci } as Record<
    string,
    Record<string, unknown>
  >;
  writeDatabase(join(root, 'meta', 'meta.db'), { rows });
  return [await openStore(json.location), await openStore({ root, metaBackend: null })];
}

const refs = (entries: readonly { kind: string; ref: string }[]) => entries.map(({ kind, ref }) => `${kind} ${ref}`);

test('an image by its exact reference, of each kind at most one', async () => {
  for (const store of await stores()) {
    assert.equal(refs(await store.image('http://x/one')), ['cloudimg http://x/one']);
    assert.equal(refs(await store.image('both')), ['cloudimg both', 'oci both']);
    assert.equal(refs(await store.image('http://x/On')), []);
    assert.equal(refs(await store.image('empty')), []);
  }
});

test('an image by digest, with and without the algorithm, whole or twelve characters of it', async () => {
  for (const store of await stores()) {
    assert.equal(refs(await store.image(`sha256:${b}`)), ['cloudimg both']);
    assert.equal(refs(await store.image(b)), ['cloudimg both']);
    assert.equal(refs(await store.image(a)), ['cloudimg http://x/alias']);
    assert.equal(refs(await store.image(b.slice(0, 12))), ['cloudimg both']);
    assert.equal(refs(await store.image(`sha256:${b.slice(0, 12)}`)), ['cloudimg both']);
    assert.equal(refs(await store.image(b.slice(0, 11))), []);
    assert.equal(refs(await store.image(a.slice(0, 12))), ['cloudimg http://x/alias', 'oci local/oci:v1']);
  }
});

test('a prefix of two digests of one kind is no image', async () => {
  const two = { one: { content_sum: `sha256:${a}` }, two: { content_sum: `sha256:${a2}` } };
  for (const store of await stores({ cloud: two, oci: {} })) {
    assert.equal(refs(await store.image(a.slice(0, 12))), []);
    assert.equal(refs(await store.image(a.slice(0, 13))), ['cloudimg one']);
  }
});

test('every entry that keeps a blob, layers included', async () => {
  for (const store of await stores()) {
    assert.equal(refs(await store.imagesByDigest(a)), ['cloudimg http://x/alias', 'cloudimg http://x/one']);
    assert.equal(refs(await store.imagesByDigest(b)), ['cloudimg both', 'cloudimg http://x/two', 'oci local/oci:v1']);
    assert.equal(refs(await store.imagesByDigest(b.slice(0, 12))), []);
  }
});

test('one bad entry stands in no other’s way', async () => {
  const broken = {
    ...cloud,
    bad: { content_sum: 7 },
    worse: 'text',
    negative: { content_sum: `sha256:${b}`, size: -1 },
  };
  for (const store of await stores({ cloud: broken, oci })) {
    const { images, unreadable } = await store.allImages();
    assert.is(images.length, 6);
    assert.equal(
      unreadable.map(({ code }) => code),
      Array(3).fill('metadata-unreadable'),
    );
    assert.equal(refs(await store.image('http://x/one')), ['cloudimg http://x/one']);
    await refusal(store.image('bad'), 'metadata-unreadable', /image "bad" .* field "content_sum"/);
    await refusal(store.imagesByDigest(b), 'metadata-unreadable', /image "negative" .* field "size"/);
  }
});

test.run();
