import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { finding } from '../../lib/finding/finding.js';
import { defaultPlace } from '../../lib/finding/remedy.js';
import type { CloudImageEntry, ImageEntry, OciImageEntry } from '../../lib/store/records.js';
import type { Store } from '../../lib/store/store.js';
import {
  ensureDirectory,
  ensureImage,
  ensureSnapshot,
  hexOf,
  imageBlobs,
  indexedBase,
  isCloudImage,
  isOciImage,
  storeBlobPath,
  witnessedBy,
} from '../../lib/verify/origin.js';

const test = suite('where a base comes from');

const hex = 'ab'.repeat(32);
const other = 'cd'.repeat(32);

const cloud = (ref: string, digest: string, size: number): CloudImageEntry => {
  return { kind: 'cloudimg', ref, contentSum: `sha256:${digest}`, size, createdAt: null };
};
const oci: OciImageEntry = {
  kind: 'oci',
  ref: 'local/oci',
  manifestDigest: `sha256:${other}`,
  layers: [`sha256:${hex}`, `sha256:${other}`],
  kernelLayer: `sha256:${hex}`,
  initrdLayer: `sha256:${other}`,
  size: 77,
  createdAt: null,
};

/** A store whose index has these entries of the digest, and these of every reference. */
const storeOf = (byDigest: readonly ImageEntry[], byName: readonly ImageEntry[] = []) =>
  ({
    imagesByDigest: async (asked: string) => (asked === hex ? byDigest : []),
    image: async () => byName,
  }) as unknown as Store;

test('the commands that bring it name what was asked about, and the node', () => {
  const options = [['--root-dir', '/root']] as const;
  const place = { blobcheck: options, cocoon: [] };
  assert.equal(ensureSnapshot(place, 'x'), { words: ['blobcheck', 'ensure'], options, values: ['x'] });
  assert.equal(ensureDirectory(place, 'x'), { words: ['blobcheck', 'ensure', '--from-dir'], options, values: ['x'] });
  assert.equal(ensureImage(place, 'x'), { words: ['blobcheck', 'ensure', '--image'], options, values: ['x'] });
});

test('every size and reference that the index has of its content counts, and none of an OCI image', async () => {
  const entries = [cloud('a', hex, 500), oci, cloud('b', hex, 0), cloud('c', hex, 1)];
  const ensure = ensureImage(defaultPlace, 'image');
  const asker = { image: null, ensure, place: defaultPlace };
  const found = await indexedBase(storeOf(entries, [cloud('any', other, 1)]), hex, '/blob', asker);
  assert.equal(found, {
    request: { blob: hex, path: '/blob', indexedBytes: [500n, 1n] },
    origin: { blob: hex, blobPath: '/blob', indexedAs: ['a', 'b', 'c'], imageLeadsTo: null, ...asker },
  });
});

test('its reference leads to the cloud image of that name, or to none', async () => {
  const leadsTo = async (...byName: ImageEntry[]) => {
    const { origin } = await indexedBase(storeOf([], byName), hex, '/blob', {
      image: 'image',
      ensure: null,
      place: defaultPlace,
    });
    assert.equal([origin.image, origin.indexedAs], ['image', []]);
    return origin.imageLeadsTo;
  };
  assert.is(await leadsTo(), null);
  assert.is(await leadsTo(oci), null);
  assert.is(await leadsTo(oci, cloud('image', other, 1)), other);
});

test('the witness of an overlay header becomes who else says so, and every other one stays', () => {
  const from = (expectedFrom: string | null) => finding('blob-corrupt', 'x', { expected: 'y', expectedFrom });
  assert.equal(witnessedBy('cocoon.json', [from('overlay header'), from('seal'), from(null)]), [
    from('cocoon.json'),
    from('seal'),
    from(null),
  ]);
});

test('an entry is of one kind of image, and its content is called by the digest without the algorithm', () => {
  assert.equal([isCloudImage(oci), isOciImage(oci)], [false, true]);
  const entry = cloud('a', hex, 1);
  assert.equal([isCloudImage(entry), isOciImage(entry), hexOf(entry)], [true, false, hex]);
  assert.is(hexOf({ ...entry, contentSum: 'xsha256:y' }), 'xsha256:y');
});

test('the blobs of an OCI image are its layers and boot files', () => {
  assert.equal(imageBlobs(oci), [`${hex}.erofs`, `${other}.erofs`, `${hex}.vmlinuz`, `${other}.initrd.img`]);
  assert.equal(imageBlobs({ ...oci, layers: [], kernelLayer: null, initrdLayer: null }), []);
});

test('each blob is where cocoon keeps its kind, and what is no name is looked for among the bases', () => {
  const store = { root: '/root' };
  assert.is(storeBlobPath(store, hex), `/root/cloudimg/blobs/${hex}.qcow2`);
  assert.is(storeBlobPath(store, `${hex}.erofs`), `/root/oci/blobs/${hex}.erofs`);
  assert.is(storeBlobPath(store, `${hex}.vmlinuz`), `/root/oci/boot/${hex}/vmlinuz`);
  assert.is(storeBlobPath(store, 'none'), '/root/cloudimg/blobs/none.qcow2');
});

test.run();
