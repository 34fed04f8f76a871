import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openStore } from '../../lib/store/open.js';
import { readCocoonSidecar, readMachineState, readVmConfig } from '../../lib/store/sidecars.js';
import { readSnapshotDirectory } from '../../lib/store/snapshot-directory.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { listing } from './listing.js';

const test = suite('roots that cocoon 0.3.8 and Cloud Hypervisor 53 made');

const fixtures = fileURLToPath(new URL('../fixtures/real/', import.meta.url));

function unpacked(archive: string): string {
  const directory = temporaryDirectory();
  execFileSync('tar', ['-xzSf', join(fixtures, archive), '-C', directory]);
  return join(directory, 'var', 'lib', 'cocoon');
}

needs(['tar'], test, 'cloud images: six snapshots on four blobs', async () => {
  const root = unpacked('cocoon-root.tar.gz');
  const before = listing(root);
  const store = await openStore({ root, metaBackend: null });
  assert.is(store.engine, 'json');
  assert.equal((await store.listSnapshots()).map(({ name }) => name).sort(), [
    'clone-of-clone:v1',
    'debian-data:v1',
    'imported:v1',
    'jammy-compressed:v1',
    'jammy:v1',
    'simular/win11:v1',
  ]);
  const { images, unreadable } = await store.allImages();
  assert.is(images.length, 5);
  assert.equal(unreadable, []);

  for (const { id } of await store.listSnapshots()) {
    const record = await store.snapshot(id);
    const hex = record.imageDigest?.slice('sha256:'.length) ?? '';
    assert.equal(record.imageBlobIds, [hex]);
    assert.ok((await store.imagesByDigest(hex)).length > 0);
    const found = await store.image(record.image);
    assert.equal(
      found.map((entry) => entry.kind === 'cloudimg' && entry.contentSum),
      [record.imageDigest],
    );

    const directory = join(root, 'snapshot', 'localfile', id);
    const cocoon = await readCocoonSidecar(directory);
    const config = await readVmConfig(directory);
    const state = await readMachineState(directory);
    if (cocoon.kind !== 'ok' || config.kind !== 'ok' || state.kind !== 'ok') throw new Error(id);
    assert.is(state.value.memoryBytes, BigInt(record.memory));
    assert.is(config.value.memory?.size, record.memory);
    assert.is(state.value.disks.size, config.value.disks.length);
    assert.is(state.value.disks.get('_disk0'), BigInt(record.storage));
    assert.equal(
      cocoon.value.storage_configs.map(({ path, ro }) => [path, ro]),
      config.value.disks.map(({ path, readonly }) => [path, readonly]),
    );
    assert.is(JSON.stringify(config.document), readFileSync(join(directory, 'config.json'), 'utf8').trim());

    const listed = await readSnapshotDirectory(directory, { root });
    assert.ok(listed.kind === 'directory' && listed.inStore);
    assert.equal(listed.kind === 'directory' && listed.entries.map(({ name }) => name), readdirSync(directory).sort());
  }
  assert.equal(await store.resolve('simular/win11:v1'), {
    kind: 'found',
    id: 'EYNQX4TQBEFCQBSBP3ERVAEFBN',
    by: 'name',
  });
  assert.equal(await store.resolve('EYN'), { kind: 'found', id: 'EYNQX4TQBEFCQBSBP3ERVAEFBN', by: 'prefix' });
  await store.close();
  assert.equal(listing(root), before);
});

needs(['tar'], test, 'OCI images: Cloud Hypervisor, a data disk, Firecracker', async () => {
  const root = unpacked('cocoon-root-oci.tar.gz');
  const store = await openStore({ root, metaBackend: null });
  const [image] = await store.image('local/oci:v2');
  if (image?.kind !== 'oci') throw new Error('no image');
  assert.is(image.layers.length, 3);
  assert.equal(await store.image(image.manifestDigest), [image]);
  const layer = image.layers[0]?.slice('sha256:'.length) ?? '';
  assert.equal(
    (await store.imagesByDigest(layer)).map(({ ref }) => ref),
    ['local/oci:v1', 'local/oci:v2'],
  );

  for (const [name, roles] of Object.entries({
    'oci:v1': ['layer', 'layer', 'cow'],
    'oci-data:v2': ['layer', 'layer', 'layer', 'cow', 'data'],
    'fc:v1': ['layer', 'layer', 'cow'],
  })) {
    const resolved = await store.resolve(name);
    if (resolved.kind !== 'found') throw new Error(name);
    const record = await store.snapshot(resolved.id);
    assert.is(record.imageType, 'oci');
    const directory = join(root, 'snapshot', 'localfile', record.id);
    const cocoon = await readCocoonSidecar(directory);
    if (cocoon.kind !== 'ok') throw new Error(name);
    assert.equal(
      cocoon.value.storage_configs.map(({ role }) => role),
      roles,
    );
    const config = await readVmConfig(directory);
    if (record.hypervisor === 'firecracker') {
      assert.is(cocoon.value.memory, record.memory);
      assert.is(config.kind, 'missing');
    } else {
      assert.ok(config.kind === 'ok' && config.value.payload?.kernel.endsWith('/vmlinuz'));
      const state = await readMachineState(directory);
      assert.ok(state.kind === 'ok' && state.value.disks.size === roles.length);
    }
  }
  await store.close();
});

test.run();
