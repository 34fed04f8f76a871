import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { blobPath } from '../../lib/store/blob.js';
import type { Store } from '../../lib/store/store.js';
import { blobsOf, filesOf, type OciParts, ociParts, partsOfImage } from '../../lib/verify/oci-parts.js';
import type { SnapshotFacts } from '../../lib/verify/snapshot-facts.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('oci-parts');

const hex = 'ab'.repeat(32);
const parts: OciParts = {
  layers: [{ kind: 'layer', hex }],
  kernel: { kind: 'kernel', hex },
  initrd: { kind: 'initrd', hex },
};

async function filesIn(root: string, kind: 'oci' | 'firecracker') {
  const files = await filesOf({ root } as Store, parts, { kind }, [root, '/other']);
  return files.map(({ blob, instead }) => [blob.slice(hex.length + 1), instead]);
}

test('a Firecracker boots the unpacked kernel: it is judged where it is there, and must not come where it is not', async () => {
  const root = temporaryDirectory();
  const unpacked = blobPath(root, { kind: 'vmlinux', hex });
  const packed = ['erofs', 'vmlinuz', 'initrd.img'];
  assert.equal(
    await filesIn(root, 'firecracker'),
    packed.map((name) => [name, name === 'vmlinuz' ? unpacked : undefined]),
  );
  mkdirSync(dirname(unpacked), { recursive: true });
  writeFileSync(unpacked, '');
  const all = [...packed, 'vmlinux'].map((name) => [name, undefined]);
  assert.equal(await filesIn(root, 'firecracker'), all);
  assert.equal(await filesIn(root, 'oci'), all.slice(0, -1));
});

test('each file has a name by every spelling of its root', async () => {
  const root = temporaryDirectory();
  const [layer] = await filesOf({ root } as Store, parts, { kind: 'oci' }, [root, '/other']);
  assert.equal(
    layer?.names,
    [root, '/other'].map((spelled) => join(spelled, 'oci/blobs', `${hex}.erofs`)),
  );
});

/** What a snapshot's files say: each disk by its role and path, and the boot files of cocoon.json and of config.json. */
interface Said {
  readonly kind?: 'oci' | 'firecracker';
  readonly disks?: readonly (readonly [role: string, path: string])[];
  readonly recorded?: object | undefined;
  readonly payload?: object | undefined;
}

function factsOf({ kind = 'oci', disks = [], recorded, payload }: Said): SnapshotFacts {
  const storage_configs = disks.map(([role, path]) => ({ role, path }));
  const sidecar = { kind: 'ok', value: { storage_configs, boot_config: recorded } };
  return { kind, sidecar, config: { kind: 'ok', value: { payload } } } as unknown as SnapshotFacts;
}

const hexes = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(64));
const [one = '', two = '', three = '', four = ''] = hexes;
const roots = ['/root', '/spelled'];
const kernelOf = (digest: string) => blobPath('/root', { kind: 'kernel', hex: digest });
const initrdOf = (digest: string) => blobPath('/spelled', { kind: 'initrd', hex: digest });

test('a Cloud Hypervisor boots what config.json says, a Firecracker what cocoon.json says', () => {
  const recorded = { kernel_path: kernelOf(one), initrd_path: initrdOf(two) };
  const payload = { kernel: kernelOf(three), initramfs: initrdOf(four) };
  const kernel = (digest: string) => ({ kind: 'kernel', hex: digest });
  const initrd = (digest: string) => ({ kind: 'initrd', hex: digest });
  assert.equal(ociParts(factsOf({ recorded, payload }), roots), {
    layers: [],
    kernel: kernel(three),
    initrd: initrd(four),
  });
  const firecracker = factsOf({ kind: 'firecracker', recorded, payload });
  assert.equal(ociParts(firecracker, roots), { layers: [], kernel: kernel(one), initrd: initrd(two) });
  assert.equal(ociParts({ ...factsOf({ recorded, payload }), config: { kind: 'missing' } }, roots), {
    layers: [],
    kernel: null,
    initrd: null,
  });
});

test('what names no boot file, or one in the place of the other, boots none of this store', () => {
  const none = { layers: [], kernel: null, initrd: null };
  const swapped = [initrdOf(one), kernelOf(one)];
  for (const kind of ['oci', 'firecracker'] as const) {
    assert.equal(ociParts(factsOf({ kind }), roots), none, kind);
    assert.equal(ociParts(factsOf({ kind, recorded: {}, payload: {} }), roots), none, kind);
    const recorded = { kernel_path: swapped[0], initrd_path: swapped[1] };
    const payload = { kernel: swapped[0], initramfs: swapped[1] };
    assert.equal(ociParts(factsOf({ kind, recorded, payload }), roots), none, kind);
    assert.equal(ociParts({ ...factsOf({ kind, recorded, payload }), sidecar: { kind: 'missing' } }, roots), none);
  }
});

test('layers are the disks of that role that name one of this store, by any spelling of its root, lowest first', () => {
  const layer = (root: string, digest: string) => blobPath(root, { kind: 'layer', hex: digest });
  const disks = [
    ['layer', layer('/spelled', two)],
    ['cow', layer('/root', three)],
    ['layer', layer('/elsewhere', three)],
    ['layer', kernelOf(three)],
    ['layer', layer('/root', one)],
  ] as const;
  assert.equal(ociParts(factsOf({ disks }), roots).layers, [
    { kind: 'layer', hex: two },
    { kind: 'layer', hex: one },
  ]);
});

test('the parts of an image are what the index says, and what it does not say is none', () => {
  const image = { kind: 'oci', ref: 'x', manifestDigest: '', size: 1, createdAt: null } as const;
  const layers = [`sha256:${one}`, `${two}sha256:`];
  const all = { ...image, layers, kernelLayer: `sha256:${three}`, initrdLayer: `sha256:${four}` };
  const expected = [
    { kind: 'layer', hex: one },
    { kind: 'layer', hex: `${two}sha256:` },
  ] as const;
  const [kernel, initrd] = [
    { kind: 'kernel', hex: three },
    { kind: 'initrd', hex: four },
  ] as const;
  assert.equal(partsOfImage(all), { layers: expected, kernel, initrd });
  assert.equal(blobsOf(partsOfImage(all)), [...expected, kernel, initrd]);
  const bare = partsOfImage({ ...all, kernelLayer: null, initrdLayer: null });
  assert.equal(bare, { layers: expected, kernel: null, initrd: null });
  assert.equal(blobsOf(bare), expected);
});

test('files are opened where the links of the root lead, or as it is written where it leads nowhere', async () => {
  const root = temporaryDirectory();
  const link = join(temporaryDirectory(), 'link');
  symlinkSync(root, link);
  const opened = async (written: string) => {
    const bare = { layers: parts.layers, kernel: null, initrd: null };
    const files = await filesOf({ root: written } as Store, bare, { kind: 'firecracker' }, [written]);
    return files.map(({ blob, path, names }) => [blob, path, names]);
  };
  const at = (written: string) => join(written, 'oci/blobs', `${hex}.erofs`);
  assert.equal(await opened(link), [[`${hex}.erofs`, at(realpathSync(root)), [at(link)]]]);
  assert.equal(await opened('/nowhere'), [[`${hex}.erofs`, at('/nowhere'), [at('/nowhere')]]]);
});

test('a layer that is named twice is one file', async () => {
  const twice = { layers: [...parts.layers, ...parts.layers], kernel: null, initrd: null };
  assert.is((await filesOf({ root: '/x' } as Store, twice, { kind: 'oci' }, ['/x'])).length, 1);
});

test.run();
