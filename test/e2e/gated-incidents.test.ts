/** Each incident in the way of a clone that vk-cocoon asks for: refused before cocoon starts. */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baseBytes, overlayOn } from '../builders/small-node.js';
import { cocoonNeeds } from '../support/cocoon.js';
import { needs } from '../support/requires.js';
import { flip } from '../verify/blobs.js';
import { clone, clones, type GatedNode, gatedNode, pod, refusal, setImage } from './gated-node.js';

const test = suite('incidents on a gated node');

const incidents: Readonly<Record<string, { hurt(node: GatedNode): void | Promise<void>; code: string; says: RegExp }>> =
  {
    'vk-cocoon #2: the base is gone': {
      hurt: ({ blob }) => rmSync(blob),
      code: 'blob-missing',
      says: /blobcheck ensure (?:--\S+ \S+ )*app:v1/,
    },
    'one bit of the base flipped': {
      hurt: async ({ blob, source, verdict }) => {
        assert.is(await verdict(), 'allow');
        chmodSync(blob, 0o644);
        await flip(blob, source.length - 1);
      },
      code: 'blob-corrupt',
      says: /blobcheck ensure (?:--\S+ \S+ )*app:v1/,
    },
    'the overlay stands on another tenant’s file': {
      hurt: ({ root }) => {
        mkdirSync(join(root.directory, 'tenant'));
        writeFileSync(join(root.directory, 'tenant/disk.qcow2'), baseBytes('secret'));
        writeFileSync(
          join(root.files('app:v1'), 'overlay.qcow2'),
          overlayOn(join(root.directory, 'tenant/disk.qcow2')),
        );
      },
      code: 'backing-outside-store',
      says: /do not clone it/,
    },
    'the overlay names a network block device': {
      hurt: ({ root }) => writeFileSync(join(root.files('app:v1'), 'overlay.qcow2'), overlayOn('nbd:127.0.0.1:1')),
      code: 'backing-not-a-path',
      says: /remedy/,
    },
    'cocoon #38: the base is gone and its image is no URL': {
      hurt: ({ root, blob }) => {
        setImage(root.directory, 'ghcr.io/lab/desktop:latest');
        rmSync(blob);
      },
      code: 'blob-missing',
      says: /not a URL .*ghcr\.io|ghcr\.io/s,
    },
    'its record says that it is of an OCI image': {
      hurt: ({ root }) => setImage(root.directory, 'ghcr.io/lab/desktop:latest', 'oci'),
      code: 'sidecar-mismatch',
      says: /remedy/,
    },
    'the machine takes a host file for its entropy': {
      hurt: ({ root }) => {
        const path = join(root.files('app:v1'), 'config.json');
        const config = JSON.parse(readFileSync(path, 'utf8'));
        writeFileSync(path, JSON.stringify({ ...config, rng: { src: '/etc/shadow' } }));
      },
      code: 'vm-config-host-access',
      says: /\/dev\/urandom/,
    },
  };

for (const [what, { hurt, code, says }] of Object.entries(incidents)) {
  needs(cocoonNeeds, test, `refuses, before cocoon starts, and says what to do: ${what}`, async () => {
    const node = await gatedNode();
    await hurt(node);
    const event = await refusal(clone(node));
    assert.match(event, `${code}: `);
    assert.match(event, says);
    assert.is(clones(node), 0);
    await node.server.close();
  });
}

needs(cocoonNeeds, test, 'cocoon #38: a pod whose image is no URL is told so before anything is tried', async () => {
  const node = await gatedNode();
  setImage(node.root.directory, 'ghcr.io/lab/desktop:latest');
  rmSync(node.blob);
  assert.match(await refusal(pod(node)), 'image-not-pullable');
  assert.is(clones(node), 0);
  await node.server.close();
});

test.run();
