import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BlobKind, blobName, blobNameAt, blobPath, ociBlobAt, parseBlobName } from '../../lib/store/blob.js';

const test = suite('blob');

const hex = 'a'.repeat(64);
const root = '/var/lib/cocoon';

const kinds: readonly (readonly [BlobKind, string, string])[] = [
  ['base', hex, `${root}/cloudimg/blobs/${hex}.qcow2`],
  ['layer', `${hex}.erofs`, `${root}/oci/blobs/${hex}.erofs`],
  ['kernel', `${hex}.vmlinuz`, `${root}/oci/boot/${hex}/vmlinuz`],
  ['initrd', `${hex}.initrd.img`, `${root}/oci/boot/${hex}/initrd.img`],
  ['vmlinux', `${hex}.vmlinux`, `${root}/oci/boot/${hex}/vmlinux`],
];
for (const [kind, name, path] of kinds) {
  test(`a ${kind} is called by its digest and what it is, and lies where cocoon puts it`, () => {
    assert.is(blobName({ kind, hex }), name);
    assert.equal(parseBlobName(name), { kind, hex });
    assert.is(blobPath(root, { kind, hex }), path);
    assert.is(blobNameAt(path), name);
    assert.equal(ociBlobAt(root, path), kind === 'base' ? null : { kind, hex });
  });
}

test('no other word is the name of a blob', () => {
  for (const word of ['', hex.slice(1), `${hex}a`, hex.toUpperCase(), `${hex}.qcow2`, `${hex}.img`, `${hex}.erofs.x`]) {
    assert.is(parseBlobName(word), null, word);
  }
});

test('a path of a layer or boot file leads to it as it is spelled, and in no other way', () => {
  const layer = `${root}/oci/blobs/${hex}.erofs`;
  const paths = [
    `/srv/oci/blobs/${hex}.erofs`,
    `${root}/oci/blobs/../blobs/${hex}.erofs`,
    `${root}//oci/blobs/${hex}.erofs`,
    `${root}/oci/blobs/x/${hex}.erofs`,
    `${layer}/`,
    `${layer}\0`,
    `${root}/oci/blobs/${hex}`,
    `${root}/oci/blobs/${hex}.vmlinuz`,
    `${root}/oci/boot/${hex}/vmlinuz/..`,
    `${root}/oci/boot/${hex}/other`,
    `${root}/oci/boot/x/vmlinuz`,
    `oci/blobs/${hex}.erofs`,
    '',
  ];
  for (const path of paths) assert.is(ociBlobAt(root, path), null, path);
});

test('a file that is no blob has no name', () => {
  for (const path of ['/srv/base.qcow2', `/srv/${hex}.img`, '/oci/boot/x/vmlinuz', '/', '']) {
    assert.is(blobNameAt(path), null, path);
  }
});

test.run();
