import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OciNode } from '../builders/oci-node.js';
import { codesOf } from '../support/blobcheck.js';
import { editSidecar, judgedOci, sealedOci } from './sealed-oci.js';

const test = suite('the files of an OCI image, by what a snapshot says of them');

const sidecars: readonly (readonly [string, string, string])[] = [
  ['cocoon.json', 'oci:v1', 'sidecar-malformed'],
  ['config.json', 'oci:v1', 'sidecar-malformed'],
  ['state.json', 'oci:v1', 'sidecar-malformed'],
  ['cocoon.json', 'fc:v1', 'sidecar-malformed'],
  ['vmstate', 'fc:v1', 'vmstate-malformed'],
];
for (const [file, name, code] of sidecars) {
  test(`are not allowed by a ${file} that is damaged (${name})`, async () => {
    const node = await sealedOci();
    writeFileSync(join(node.root.files(name), file), '{');
    const entry = await judgedOci(node, name);
    assert.equal([entry?.verdict, codesOf(entry).includes(code)], ['deny', true]);
  });

  test(`are not allowed by a ${file} that is larger than any (${name})`, async () => {
    const node = await sealedOci();
    truncateSync(join(node.root.files(name), file), 17 * 2 ** 20);
    const entry = await judgedOci(node, name);
    assert.equal([entry?.verdict, codesOf(entry).includes(code)], ['deny', true]);
    const found = entry?.findings.find((one) => one.code === code);
    assert.match(found?.message ?? '', `${17 * 2 ** 20} bytes`);
  });

  test(`are not allowed by a ${file} that is not there (${name})`, async () => {
    const node = await sealedOci();
    rmSync(join(node.root.files(name), file));
    const entry = await judgedOci(node, name);
    assert.equal([entry?.verdict, codesOf(entry).includes('snapshot-file-missing')], ['deny', true]);
  });
}

const changes: readonly (readonly [what: string, name: string, words: string, (node: OciNode) => void])[] = [
  [
    'whose config.json boots no initial RAM disk',
    'oci:v1',
    'config.json boots another initial RAM disk than cocoon.json names',
    (node) => editSidecar(node, 'oci:v1', 'config.json', ({ payload }) => delete payload.initramfs),
  ],
  [
    'whose kernel is told nothing',
    'oci:v1',
    'the kernel is told to mount other disks than cocoon.json lists',
    (node) => editSidecar(node, 'oci:v1', 'config.json', ({ payload }) => delete payload.cmdline),
  ],
  [
    'whose cocoon.json boots no kernel',
    'oci:v1',
    'config.json boots another kernel than cocoon.json names',
    (node) => editSidecar(node, 'oci:v1', 'cocoon.json', ({ boot_config: boot }) => delete boot.kernel_path),
  ],
  [
    'whose cocoon.json boots nothing',
    'oci:v1',
    'cocoon.json names no kernel',
    (node) => editSidecar(node, 'oci:v1', 'cocoon.json', (document) => delete document.boot_config),
  ],
  [
    'of a Firecracker whose cocoon.json boots no kernel',
    'fc:v1',
    'vmstate names another kernel',
    (node) => editSidecar(node, 'fc:v1', 'cocoon.json', ({ boot_config: boot }) => delete boot.kernel_path),
  ],
  [
    'of a Firecracker whose cocoon.json boots no initial RAM disk',
    'fc:v1',
    'vmstate names another initial RAM disk',
    (node) => editSidecar(node, 'fc:v1', 'cocoon.json', ({ boot_config: boot }) => delete boot.initrd_path),
  ],
  [
    'of a Firecracker whose cocoon.json boots nothing',
    'fc:v1',
    'vmstate names another initial RAM disk',
    (node) => editSidecar(node, 'fc:v1', 'cocoon.json', (document) => delete document.boot_config),
  ],
  [
    'one of whose layers lies outside the store',
    'fc:v1',
    "the snapshot's layers are not those of its image",
    (node) => {
      editSidecar(node, 'fc:v1', 'cocoon.json', ({ storage_configs: disks }) => (disks[1].path = '/etc/layer.erofs'));
    },
  ],
];
for (const [what, name, words, change] of changes) {
  test(`are not allowed for a snapshot ${what}`, async () => {
    const node = await sealedOci();
    change(node);
    const entry = await judgedOci(node, name);
    const messages = entry?.findings.map(({ message }) => message) ?? [];
    assert.is(entry?.verdict, 'deny');
    assert.ok(messages.includes(words), messages.join('\n'));
  });
}

test.run();
