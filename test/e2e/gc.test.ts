/** What cocoon 0.3.8 collects, and when it refuses to. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildRoot } from '../builders/cocoon-root.js';
import { snapshotOn } from '../builders/small-node.js';
import { type CocoonNode, cocoonNeeds, cocoonNode } from '../support/cocoon.js';
import { needs } from '../support/requires.js';
import { smallImage } from './small-image.js';

const test = suite('gc');

const base = smallImage('base');
const hex = createHash('sha256').update(base).digest('hex');
const ref = 'http://images.example.com/base.qcow2';

/** A node with a base that the snapshot `app:v1` stands on, and no image. */
async function nodeWithoutImage(edit: (record: Record<string, unknown>) => void = () => {}): Promise<CocoonNode> {
  const node = cocoonNode();
  const snapshot = snapshotOn('app:v1', hex, node.blob(hex), { edit: ({ record }) => edit(record) });
  buildRoot({ directory: node.root, images: [{ ref, bytes: base }], snapshots: [snapshot] });
  assert.is((await node.run(['image', 'rm', ref])).status, 0);
  return node;
}

needs(cocoonNeeds, test, 'a blob that a snapshot pins is kept although no image names it', async () => {
  const node = await nodeWithoutImage();
  assert.is((await node.run(['gc'])).status, 0);
  assert.ok(existsSync(node.blob(hex)));
});

needs(cocoonNeeds, test, 'a blob goes although a snapshot stands on it, if its record pins nothing', async () => {
  const node = await nodeWithoutImage((record) => delete record.image_blob_ids);
  assert.is((await node.run(['gc'])).status, 0);
  assert.not.ok(existsSync(node.blob(hex)));
});

needs(cocoonNeeds, test, 'a blob that a VM pins is kept', async () => {
  const node = await nodeWithoutImage((record) => delete record.image_blob_ids);
  mkdirSync(join(node.root, 'cloudhypervisor/db'), { recursive: true });
  const vm = { id: 'VM', state: 'created', config: { name: 'vm' }, image_blob_ids: { [hex]: {} } };
  writeFileSync(
    join(node.root, 'cloudhypervisor/db/vms.json'),
    JSON.stringify({
      vms: { VM: { ...vm, created_at: '2026-11-24T20:44:00Z', updated_at: '2026-11-24T20:44:00Z' } },
      names: { vm: 'VM' },
    }),
  );
  assert.is((await node.run(['gc'])).status, 0);
  assert.ok(existsSync(node.blob(hex)));
});

needs(
  cocoonNeeds,
  test,
  'directories of ours beside the store and files with another ending are left alone',
  async () => {
    const node = await nodeWithoutImage();
    mkdirSync(join(node.root, '.blobcheck/pull-x/root/cloudimg/blobs'), { recursive: true });
    const kept = ['.blobcheck/pull-x/root/cloudimg/blobs/x.qcow2', `cloudimg/blobs/${hex}.qcow2.aside`];
    const collected = ['cloudimg/blobs/.x.qcow2', 'cloudimg/blobs/x.qcow2'];
    for (const path of [...kept, ...collected]) writeFileSync(join(node.root, path), 'x');
    assert.is((await node.run(['gc'])).status, 0);
    assert.equal(
      [...kept, ...collected].filter((path) => existsSync(join(node.root, path))),
      kept,
    );
  },
);

needs(cocoonNeeds, test, 'one lock that somebody else holds stops the whole collection', async () => {
  const node = await nodeWithoutImage((record) => delete record.image_blob_ids);
  const lock = join(node.root, 'cloudimg/db/images.lock');
  const holder = spawn('flock', ['-x', lock, 'sh', '-c', 'echo held; cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const run = await node.run(['gc']);
  holder.stdin.end();
  assert.is(run.status, 1);
  assert.match(run.stderr, /skip cloudimg: lock held by another operation/);
  assert.match(run.stderr, /^Error: gc aborted: modules skipped \(lock busy\): cloudimg$/m);
  assert.ok(existsSync(node.blob(hex)));
});

test.run();
