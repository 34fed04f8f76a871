import { cpSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { putRow } from '../builders/edit-metadata.js';
import { ociNode } from '../builders/oci-node.js';
import { imageUrl, type SmallNode, smallNode } from '../builders/small-node.js';
import { codesOf } from '../support/blobcheck.js';
import { pastedWithoutPlace, withoutPlace } from '../support/remedies.js';
import { temporaryDirectory } from '../support/temporary.js';
import { sealNode, verifyNode } from '../support/verify-node.js';

const test = suite('an image that a new VM would be started from');

async function judged(node: Pick<SmallNode, 'root' | 'state'>, ref: string) {
  return (await verifyNode(node, { images: [ref] })).images[0];
}

const engines = ['json', 'sqlite'] as const;
for (const engine of engines) {
  test(`is found by its reference and by its digest, and its base is read (${engine})`, async () => {
    const node = smallNode({ engine });
    for (const ref of [imageUrl, node.base, `sha256:${node.base}`]) {
      const entry = await judged(node, ref);
      assert.equal([entry?.ref, entry?.name, entry?.verdict, codesOf(entry)], [ref, imageUrl, 'allow', []]);
      assert.equal(
        entry?.blobs.map(({ path, actual }) => [path, actual]),
        [[node.blob, `sha256:${node.base}`]],
      );
    }
  });

  test(`that the index lacks is not found (${engine})`, async () => {
    const entry = await judged(smallNode({ engine }), 'https://images.example.com/other.qcow2');
    assert.equal([entry?.name, entry?.verdict, codesOf(entry)], [null, 'deny', ['image-not-found']]);
  });

  test(`that is a cloud image and an OCI image is none that we judge (${engine})`, async () => {
    const node = smallNode({ engine });
    const digest = `sha256:${'ef'.repeat(32)}`;
    putRow(node.root.directory, engine, 'oci-images', imageUrl, { manifest_digest: digest, layers: [{ digest }] });
    const entry = await judged(node, imageUrl);
    assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['snapshot-unsupported']]);
    assert.match(
      entry?.findings[0]?.message ?? '',
      'is a cloud image and an OCI image, and cocoon asks which is meant',
    );
  });
}

test('whose base is gone is denied, by the word of the index, with the command that brings it', async () => {
  const node = smallNode();
  rmSync(node.blob);
  const entry = await judged(node, imageUrl);
  assert.equal([entry?.verdict, codesOf(entry)], ['deny', ['blob-missing']]);
  const [found] = entry?.findings ?? [];
  assert.equal([found?.subject, found?.expectedFrom], [node.blob, 'image index']);
  assert.equal(withoutPlace(found?.remedyArgv), ['blobcheck', 'ensure', '--image', imageUrl]);
});

for (const [what, digest, shown] of [
  ['no digest', '', 'none'],
  ['another algorithm', `sha512:${'ab'.repeat(64)}`, `sha512:${'ab'.repeat(64)}`],
  ['a digest in capitals', `sha256:${'AB'.repeat(32)}`, `sha256:${'AB'.repeat(32)}`],
  ['a digest with more behind it', `sha256:${'ab'.repeat(32)}/x`, `sha256:${'ab'.repeat(32)}/x`],
  ['more before its digest', `x${'ab'.repeat(32)}`, `x${'ab'.repeat(32)}`],
  ['more before its algorithm', `xsha256:${'ab'.repeat(32)}`, `xsha256:${'ab'.repeat(32)}`],
  ['more behind a bare digest', `${'ab'.repeat(32)}/x`, `${'ab'.repeat(32)}/x`],
] as const) {
  test(`of which the index has ${what} is not judged`, async () => {
    const node = smallNode();
    putRow(node.root.directory, 'json', 'cloud-images', imageUrl, { ref: imageUrl, content_sum: digest, size: 1 });
    const entry = await judged(node, imageUrl);
    assert.equal([entry?.name, entry?.verdict, entry?.blobs], [imageUrl, 'unverified', []]);
    assert.equal(codesOf(entry), ['metadata-unreadable']);
    assert.is(entry?.findings[0]?.message, `the index names no SHA-256 digest for ${imageUrl}: ${shown}`);
  });
}

test('of which the index has a digest without its algorithm is judged', async () => {
  const node = smallNode();
  putRow(node.root.directory, 'json', 'cloud-images', imageUrl, { ref: imageUrl, content_sum: node.base });
  assert.is((await judged(node, imageUrl))?.verdict, 'allow');
});

test('is not judged by an index that cannot be read', async () => {
  const node = smallNode();
  writeFileSync(join(node.root.directory, 'cloudimg/db/images.json'), '{');
  const entry = await judged(node, imageUrl);
  assert.equal([entry?.name, entry?.verdict, codesOf(entry)], [null, 'unverified', ['metadata-unreadable']]);
});

function linkToItself(path: string): void {
  rmSync(path);
  symlinkSync(path, path);
}

const firmwares: readonly (readonly [string, string, string, (path: string) => void])[] = [
  ['is not there', 'deny', 'boot-file-missing', (path) => rmSync(path)],
  ['leads nowhere', 'unverified', 'file-unreadable', linkToItself],
];
for (const [what, verdict, code, spoil] of firmwares) {
  test(`whose firmware ${what} is not allowed`, async () => {
    const node = smallNode();
    const firmware = join(node.root.directory, 'firmware/CLOUDHV.fd');
    spoil(firmware);
    const entry = await judged(node, imageUrl);
    assert.equal([entry?.verdict, codesOf(entry)], [verdict, [code]]);
    assert.is(entry?.findings[0]?.subject, firmware);
    assert.is(entry?.blobs.length, 1);
  });
}

const ref = 'local/oci:v1';

test('of OCI layers is allowed when each of its files is what it was sealed with', async () => {
  const node = ociNode();
  await sealNode(node);
  const entry = await judged(node, ref);
  assert.equal([entry?.name, entry?.verdict, codesOf(entry)], [ref, 'allow', []]);
  const [lower, upper] = node.layers;
  const { directory } = node.root;
  assert.equal(
    entry?.blobs.map(({ path }) => path),
    [
      join(directory, 'oci/blobs', `${lower}.erofs`),
      join(directory, 'oci/blobs', `${upper}.erofs`),
      join(directory, 'oci/boot', lower, 'vmlinuz'),
      join(directory, 'oci/boot', lower, 'initrd.img'),
    ],
  );
});

test('of OCI layers of which one is gone is denied, with the command that pulls it', async () => {
  const node = ociNode();
  await sealNode(node);
  const path = join(node.root.directory, 'oci/blobs', `${node.layers[1]}.erofs`);
  renameSync(path, `${path}.moved`);
  const entry = await judged(node, ref);
  assert.equal([entry?.verdict, codesOf(entry)], ['deny', ['blob-missing']]);
  const [found] = entry?.findings ?? [];
  assert.equal([found?.subject, withoutPlace(found?.remedyArgv)], [path, ['cocoon', 'image', 'pull', ref]]);
  renameSync(`${path}.moved`, path);
  writeFileSync(path, 'x', { flag: 'a' });
  const [larger] = (await judged(node, ref))?.findings ?? [];
  assert.is(larger?.code, 'blob-size-mismatch');
  assert.is(
    pastedWithoutPlace(larger?.remedy),
    `mv -T --backup=numbered ${path} ${path}.aside && cocoon image pull ${ref}`,
  );
});

test('of OCI layers is judged by the kernel that is unpacked, too, which a Firecracker boots', async () => {
  const node = ociNode();
  await sealNode(node);
  const unpacked = join(node.root.directory, 'oci/boot', node.layers[0], 'vmlinux');
  writeFileSync(unpacked, 'another kernel');
  const entry = await judged(node, ref);
  assert.is(entry?.verdict, 'deny');
  assert.equal(entry?.findings[0]?.subject, unpacked);
  assert.is(entry?.blobs.at(-1)?.path, unpacked);
});

test('of OCI layers has changed when the root leads elsewhere by the time that they are read', async () => {
  const node = ociNode();
  await sealNode(node);
  const { directory } = node.root;
  const place = temporaryDirectory();
  const [link, elsewhere] = [join(place, 'root'), join(place, 'elsewhere')];
  symlinkSync(directory, link);
  cpSync(join(directory, 'oci'), join(elsewhere, 'oci'), { recursive: true });
  const location = { ...(await node.root.location), root: link };
  const onProgress = () => {
    rmSync(link);
    symlinkSync(elsewhere, link);
  };
  const options = { location, stateDir: null, content: 'read', onProgress } as const;
  const [entry] = (await verifyNode(node, { images: [ref] }, options)).images;
  assert.is.not(entry?.verdict, 'allow');
  assert.ok(codesOf(entry).includes('blob-changed'));
});

const entryOfOci = ({ layers: [lower, upper] }: ReturnType<typeof ociNode>, changes: object) => ({
  ref,
  manifest_digest: `sha256:${'ef'.repeat(32)}`,
  layers: [lower, upper].map((hex) => ({ digest: `sha256:${hex}` })),
  kernel_layer: `sha256:${lower}`,
  initrd_layer: `sha256:${lower}`,
  ...changes,
});

for (const [what, changes, words] of [
  ['a kernel', { kernel_layer: undefined }, 'no layer of the image has a kernel'],
  ['an initial RAM disk', { initrd_layer: undefined }, 'no layer of the image has an initial RAM disk'],
  ['either', { kernel_layer: undefined, initrd_layer: undefined }, 'no layer of the image has a kernel'],
] as const) {
  test(`of OCI layers without ${what} boots nothing`, async () => {
    const node = ociNode();
    await sealNode(node);
    putRow(node.root.directory, 'json', 'oci-images', ref, entryOfOci(node, changes));
    const entry = await judged(node, ref);
    assert.equal([entry?.verdict, codesOf(entry)], ['deny', ['boot-file-missing']]);
    assert.equal([entry?.findings[0]?.message, entry?.findings[0]?.subject], [words, ref]);
  });
}

test('of OCI layers of which one has no digest is not judged', async () => {
  const node = ociNode();
  await sealNode(node);
  for (const changes of [{ layers: [{ digest: 'latest' }] }, { kernel_layer: 'latest' }, { initrd_layer: 'latest' }]) {
    putRow(node.root.directory, 'json', 'oci-images', ref, entryOfOci(node, changes));
    const entry = await judged(node, ref);
    assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['metadata-unreadable']]);
    assert.is(entry?.findings[0]?.message, `the index names no SHA-256 digest for ${ref}: latest`);
  }
});

test.run();
