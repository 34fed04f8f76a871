import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { putRow } from '../builders/edit-metadata.js';
import { type OciNode, ociNode } from '../builders/oci-node.js';
import { codesOf } from '../support/blobcheck.js';
import { pastedWithoutPlace, withoutPlace } from '../support/remedies.js';
import { sha256 } from '../support/sha256.js';
import { sealNode } from '../support/verify-node.js';
import { editRecord, judgedOci, sealedOci } from './sealed-oci.js';

const test = suite('the files of an OCI image');

const layer = ({ root, layers }: OciNode, index: 0 | 1 | 2) =>
  join(root.directory, 'oci/blobs', `${layers[index]}.erofs`);
const manifest = `sha256:${sha256('manifest')}`;
const other = `sha256:${sha256('another manifest')}`;

for (const name of ['oci:v1', 'fc:v1']) {
  test(`are shown with their sizes, and allowed as they were sealed (${name})`, async () => {
    const node = await sealedOci();
    const entry = await judgedOci(node, name);
    assert.equal([entry?.name, entry?.verdict, codesOf(entry)], [name, 'allow', []]);
    assert.equal(
      entry?.disks.map(({ file, role, virtualSize }) => [file, role, virtualSize]).slice(0, 2),
      node.layers.slice(0, 2).map((hex) => [`${hex}.erofs`, 'layer', 8192]),
    );
    assert.is(entry?.disks[2]?.file, 'cow.raw');
    const boot = ['vmlinuz', 'initrd.img'].map((file) => join(node.root.directory, 'oci/boot', node.layers[0], file));
    assert.equal(
      entry?.blobs.map(({ path }) => path),
      [layer(node, 0), layer(node, 1), ...boot],
    );
  });

  test(`that nobody sealed are denied, with the command that seals them together (${name})`, async () => {
    const entry = await judgedOci(ociNode(), name);
    assert.equal([entry?.verdict, new Set(codesOf(entry))], ['deny', new Set(['blob-unsealed'])]);
    for (const found of entry?.findings ?? [])
      assert.equal(withoutPlace(found.remedyArgv), ['blobcheck', 'seal', name]);
  });

  test(`of which a layer is gone are denied, with the command that pulls the very image (${name})`, async () => {
    const node = await sealedOci();
    rmSync(layer(node, 1));
    const entry = await judgedOci(node, name);
    assert.equal([entry?.verdict, codesOf(entry)], ['deny', ['blob-missing']]);
    const [found] = entry?.findings ?? [];
    assert.equal([found?.subject, found?.expectedFrom], [layer(node, 1), 'cocoon.json']);
    assert.equal(found?.remedyArgv, [
      'cocoon',
      'image',
      'pull',
      '--root-dir',
      node.root.directory,
      `local/oci@${manifest}`,
    ]);
    assert.is(entry?.disks[1]?.virtualSize, null);
  });

  test(`of which the kernel is another are denied, and it is moved aside before the pull (${name})`, async () => {
    const node = await sealedOci();
    const kernel = join(node.root.directory, 'oci/boot', node.layers[0], 'vmlinuz');
    writeFileSync(kernel, '\x7fELF lernek');
    const [found] = (await judgedOci(node, name))?.findings ?? [];
    assert.ok(['blob-corrupt', 'blob-replaced'].includes(found?.code ?? ''), found?.code);
    assert.is(
      pastedWithoutPlace(found?.remedy),
      `mv -T --backup=numbered ${kernel} ${kernel}.aside && cocoon image pull local/oci@${manifest}`,
    );
  });
}

test('of a snapshot without a name are sealed by its id', async () => {
  const node = ociNode();
  editRecord(node, 'oci:v1', { name: '' });
  const id = node.snapshots.get('oci:v1')?.record.id;
  const entry = await judgedOci(node, id);
  assert.equal([entry?.name, entry?.verdict], [null, 'deny']);
  assert.equal(withoutPlace(entry?.findings[0]?.remedyArgv), ['blobcheck', 'seal', id]);
});

test('that the record does not say an image of are brought by no pull', async () => {
  const node = await sealedOci();
  editRecord(node, 'oci:v1', { image: '' });
  assert.equal([(await judgedOci(node))?.verdict, codesOf(await judgedOci(node))], ['allow', []]);
  rmSync(layer(node, 1));
  const [found] = (await judgedOci(node))?.findings ?? [];
  assert.equal([found?.code, found?.remedyArgv], ['blob-missing', null]);
});

test('of an image that is not in the index any more are allowed, and that is said', async () => {
  const node = await sealedOci();
  for (const fields of [{ image: '' }, { image: 'local/other:v1' }, { image: 'local/other:v1', image_digest: '' }]) {
    editRecord(node, 'oci:v1', { image_digest: other, ...fields });
    const entry = await judgedOci(node);
    assert.equal([entry?.verdict, codesOf(entry)], ['allow', ['image-not-indexed']]);
    assert.is(entry?.findings[0]?.subject, fields.image || join(node.root.files('oci:v1'), 'cocoon.json'));
  }
});

test('of an image whose name leads to another now are allowed, and that is said', async () => {
  const node = await sealedOci();
  const [lower] = node.layers;
  const entryOf = (ref: string, digest: string) => ({
    ref,
    manifest_digest: digest,
    layers: [{ digest: `sha256:${lower}` }],
    kernel_layer: `sha256:${lower}`,
    initrd_layer: `sha256:${lower}`,
  });
  putRow(node.root.directory, 'json', 'oci-images', 'local/oci:v1', entryOf('local/oci:v1', other));
  const entry = await judgedOci(node);
  assert.equal([entry?.verdict, [...codesOf(entry)].sort()], ['allow', ['image-not-indexed', 'tag-moved']]);
  const moved = entry?.findings.find(({ code }) => code === 'tag-moved');
  assert.equal([moved?.subject, moved?.expected, moved?.actual], ['local/oci:v1', manifest, other]);
  // The very image is there under another name.
  const image = JSON.stringify(entryOf('local/oci:old', manifest));
  putRow(node.root.directory, 'json', 'oci-images', 'local/oci:old', JSON.parse(image));
  assert.ok(codesOf(await judgedOci(node)).includes('layer-mismatch'));
  const layers = node.layers.slice(0, 2).map((hex) => ({ digest: `sha256:${hex}` }));
  putRow(node.root.directory, 'json', 'oci-images', 'local/oci:old', { ...JSON.parse(image), layers });
  assert.equal(codesOf(await judgedOci(node)), ['tag-moved']);
});

test('are not those that an unreadable index says', async () => {
  const node = await sealedOci();
  writeFileSync(join(node.root.directory, 'oci/db/images.json'), '{');
  const entry = await judgedOci(node);
  assert.equal([entry?.verdict, codesOf(entry)], ['unverified', ['metadata-unreadable']]);
});

test('hold the unpacked kernel of a Firecracker, which must be what the sealed one becomes', async () => {
  const node = ociNode();
  const boot = join(node.root.directory, 'oci/boot', node.layers[0]);
  const elf = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(200, 'kernel')]);
  writeFileSync(join(boot, 'vmlinuz'), Buffer.concat([Buffer.from('MZ'), gzipSync(elf)]));
  await sealNode(node, { names: ['fc:v1'] });
  const vmlinux = join(boot, 'vmlinux');
  writeFileSync(vmlinux, Buffer.concat([elf, Buffer.from('more')]));
  const foreign = await judgedOci(node, 'fc:v1');
  assert.equal([foreign?.verdict, foreign?.findings[0]?.subject], ['deny', vmlinux]);
  writeFileSync(vmlinux, elf);
  const entry = await judgedOci(node, 'fc:v1');
  assert.equal([entry?.verdict, codesOf(entry)], ['allow', []]);
  const { basis, actual } = entry?.blobs.at(-1) ?? {};
  assert.equal([basis, actual], ['proved', `sha256:${sha256(elf)}`]);
  assert.equal((await judgedOci(node, 'oci:v1'))?.blobs.length, 4);
});

test('are as large as the guest knows them', async () => {
  const node = ociNode();
  const path = layer(node, 1);
  truncateSync(path, 12_288);
  await sealNode(node);
  const entry = await judgedOci(node);
  const found = entry?.findings.find(({ code }) => code === 'blob-size-mismatch');
  assert.is(entry?.verdict, 'deny');
  assert.equal([found?.subject, found?.expectedFrom], [path, 'state.json']);
  assert.equal([found?.expected, found?.actual], ['8192 bytes', '12288 bytes']);
  assert.is(entry?.findings.filter(({ code }) => code === 'blob-size-mismatch').length, 1);
});

test('the reference of an image is gone through once for the command that pulls it', async () => {
  const node = ociNode();
  editRecord(node, 'oci:v1', { image: `${'@'.repeat(2 ** 20)}\n` });
  assert.is((await judgedOci(node))?.verdict, 'deny');
});

test.run();
