/** What vk-cocoon gets when it clones: on a stand-in for the hypervisor, whatever cocoon is under test. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildRoot } from '../builders/cocoon-root.js';
import { overlayOn, snapshotOn } from '../builders/small-node.js';
import { type CocoonNode, cocoonNeeds, cocoonNode, cocoonUnderTest, standInHypervisor } from '../support/cocoon.js';
import { imageServer } from '../support/image-server.js';
import { needs } from '../support/requires.js';
import { type VkCocoon, vkCocoon } from '../support/vk-caller.js';
import { smallImage } from './small-image.js';

const test = suite('clones as vk-cocoon asks for them');

const base = smallImage('base');
const hex = createHash('sha256').update(base).digest('hex');

interface Cloning {
  readonly node: CocoonNode;
  readonly vk: VkCocoon;
  readonly blob: string;
  /** The snapshot's own files. */
  readonly files: string;
}

/** The snapshot `app:v1` on a base that came from `image`. */
function cloning(image = 'http://images.example.com/base.qcow2', overlay?: (blob: string) => Buffer): Cloning {
  const node = cocoonNode();
  const blob = node.blob(hex);
  const snapshot = snapshotOn('app:v1', hex, blob, {
    image,
    ...(overlay === undefined ? {} : { overlay: overlay(blob) }),
  });
  const root = buildRoot({ directory: node.root, images: [{ ref: image, bytes: base }], snapshots: [snapshot] });
  const env = {
    PATH: process.env.PATH,
    NO_COLOR: '1',
    NODE_V8_COVERAGE: undefined,
    VK_COCOON_BIN: cocoonUnderTest,
    COCOON_ROOT_DIR: node.root,
    COCOON_RUN_DIR: join(node.directory, 'run'),
    COCOON_LOG_DIR: join(node.directory, 'log'),
    COCOON_CH_BINARY: standInHypervisor,
  };
  return { node, vk: vkCocoon({ env }), blob, files: root.files('app:v1') };
}

async function refused(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was not refused');
}

const runDirectories = ({ node }: Cloning): string[] => {
  const folder = join(node.directory, 'run/cloudhypervisor');
  return existsSync(folder) ? readdirSync(folder) : [];
};

needs(cocoonNeeds, test, 'a clone answers with its record alone, and links the guest memory', async () => {
  const made = cloning();
  const vm = await made.vk.createClonedPod({
    snapshot: 'app:v1',
    vmName: 'pod-1',
    cpu: 1,
    memory: '1Gi',
    storage: '10Gi',
  });
  assert.is(vm.name, 'pod-1');
  assert.is(vm.state, 'running');
  assert.is((await made.vk.inspect('pod-1')).id, vm.id);
  const memory = join(made.files, 'memory-ranges');
  assert.is(statSync(memory).nlink, 2);
  assert.is(
    statSync(join(made.node.directory, 'run/cloudhypervisor', vm.id, 'memory-ranges')).ino,
    statSync(memory).ino,
  );
  await made.vk.remove(vm.id);
  assert.is(statSync(memory).nlink, 1);
  assert.equal(runDirectories(made), []);
});

needs(cocoonNeeds, test, 'a clone changes nothing in the index of snapshots and nothing in the snapshot', async () => {
  const made = cloning();
  const index = join(made.node.root, 'snapshot/db/snapshots.json');
  const state = () =>
    [index, ...readdirSync(made.files).map((name) => join(made.files, name))].map((path) => statSync(path).mtimeMs);
  const before = state();
  const vm = await made.vk.clone({ from: 'app:v1', to: 'pod-1' });
  assert.equal(state(), before);
  await made.vk.remove(vm.id);
});

needs(
  cocoonNeeds,
  test,
  'a clone whose base is missing fails with the words of the hypervisor, and leaves no VM',
  async () => {
    const made = cloning();
    rmSync(made.blob);
    const message = await refused(made.vk.createClonedPod({ snapshot: 'app:v1', vmName: 'pod-1' }));
    const words = message.replace(/[A-Z2-7]{26}/, '<id>').replaceAll(made.node.directory, '');
    assert.is(
      words,
      'clone vm pod-1 from app:v1: cocoon vm clone: exit status 1 (stderr: Error: clone VM: vm.restore: ' +
        'PUT http://localhost/api/v1/vm.restore → 500: ["Error from API","The VM could not be restored",' +
        '"Error from device manager","Cannot open disk path",' +
        '"I/O error (path=/run/cloudhypervisor/<id>/overlay.qcow2 op=open)",' +
        `"Backing file I/O error: /root/cloudimg/blobs/${hex}.qcow2","No such file or directory (os error 2)"])`,
    );
    assert.equal(runDirectories(made), []);
    assert.match(await refused(made.vk.inspect('pod-1')), /VM not found/);
  },
);

needs(cocoonNeeds, test, 'a clone looks at no byte of its base', async () => {
  const made = cloning();
  const bytes = readFileSync(made.blob);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  chmodSync(made.blob, 0o644);
  writeFileSync(made.blob, bytes);
  const vm = await made.vk.clone({ from: 'app:v1', to: 'pod-1' });
  await made.vk.remove(vm.id);
});

needs(cocoonNeeds, test, "a clone opens another tenant's file, if the overlay names it", async () => {
  const made = cloning(undefined, (blob) => overlayOn(blob.replace('cloudimg/blobs', 'tenant-b')));
  const other = join(made.node.root, 'tenant-b');
  assert.match(await refused(made.vk.clone({ from: 'app:v1', to: 'pod-1' })), `Backing file I/O error: ${other}/`);
  mkdirSync(other);
  writeFileSync(join(other, `${hex}.qcow2`), smallImage("another tenant's"));
  const vm = await made.vk.clone({ from: 'app:v1', to: 'pod-1' });
  await made.vk.remove(vm.id);
});

needs(cocoonNeeds, test, '--pull brings a base that the index lacks', async () => {
  const server = await imageServer({ base });
  const made = cloning(server.url('base'));
  await made.node.run(['image', 'rm', server.url('base')]);
  rmSync(made.blob);
  const vm = await made.vk.createClonedPod({ snapshot: 'app:v1', vmName: 'pod-1' });
  assert.equal(readFileSync(made.blob), base);
  await made.vk.remove(vm.id);
  await server.close();
});

needs(cocoonNeeds, test, '--pull pulls nothing while the index has the digest, be there a file or not', async () => {
  const server = await imageServer({ base });
  const made = cloning(server.url('base'));
  rmSync(made.blob);
  assert.match(
    await refused(made.vk.createClonedPod({ snapshot: 'app:v1', vmName: 'pod-1' })),
    /Backing file I\/O error/,
  );
  assert.equal(server.requests, []);
  await server.close();
});

needs(cocoonNeeds, test, '--pull of a rebuilt tag warns, and the clone fails', async () => {
  const server = await imageServer({ base: smallImage('rebuilt') });
  const made = cloning(server.url('base'));
  await made.node.run(['image', 'rm', server.url('base')]);
  rmSync(made.blob);
  const message = await refused(made.vk.createClonedPod({ snapshot: 'app:v1', vmName: 'pod-1' }));
  assert.match(message, `expected digest sha256:${hex} not found locally`);
  assert.match(message, /Backing file I\/O error/);
  await server.close();
});

needs(cocoonNeeds, test, 'clones of one snapshot at once all run', async () => {
  const made = cloning();
  const names = ['a', 'b', 'c', 'd'];
  const vms = await Promise.all(names.map((to) => made.vk.clone({ from: 'app:v1', to, onDemand: true })));
  assert.is(new Set(vms.map(({ id }) => id)).size, names.length);
  assert.is(statSync(join(made.files, 'memory-ranges')).nlink, 1 + names.length);
  for (const { id } of vms) await made.vk.remove(id);
});

needs(cocoonNeeds, test, 'a pull that fails is told with all that was printed', async () => {
  const server = await imageServer();
  const { vk } = cloning();
  const url = server.url('none');
  assert.is(
    await refused(vk.createRunPod({ name: 'pod-1', image: url, cpu: 1 })),
    `run vm pod-1: ensure image ${url}: cocoon image pull ${url}: exit status 1 ` +
      `(output: Error: pull ${url}: http get ${url}: status 404 404 Not Found)`,
  );
  await server.close();
});

test.run();
