import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { buildRoot } from '../builders/cocoon-root.js';
import { snapshotOn } from '../builders/small-node.js';
import { jammyExport, smallImage } from './small-image.js';
import type { Player } from './transcript.js';

export async function snapshots({ run, look, node }: Player): Promise<void> {
  const packed = readFileSync(jammyExport);
  const plain = gunzipSync(packed);
  writeFileSync(join(node.directory, 'plain.tar'), plain);
  writeFileSync(join(node.directory, 'packed.tar.gz'), packed);
  writeFileSync(join(node.directory, 'short.tar'), plain.subarray(0, 200));
  writeFileSync(join(node.directory, 'empty'), '');
  await run(['snapshot', 'import', 'packed.tar.gz']);
  await run(['snapshot', 'import', 'plain.tar']);
  await run(['snapshot', 'import', '--name', 'other:v1', '--description', 'another', 'plain.tar']);
  await run(['snapshot', 'import', '--name', 'stdin:v1'], { input: packed });
  for (const name of ['-', 'none', 'empty', 'short.tar']) await run(['snapshot', 'import', name]);
  await run(['snapshot', 'import', 'a', 'b']);
  await run(['snapshot', 'list']);
  await run(['snapshot', 'list', '--format=json']);
  await run(['snapshot', 'inspect', 'other:v1']);
  await run(['snapshot', 'inspect', 'none']);
  await run(['snapshot', 'rm', 'other:v1', 'none']);
  await run(['snapshot', 'rm', 'other:v1', 'other:v1']);
  look();
}

export async function clones({ run, look, node, server }: Player): Promise<void> {
  const bytes = smallImage('base');
  const base = buildRoot({ directory: node.root, images: [{ ref: server.url('base'), bytes }] });
  const hex = Object.values(node.images())[0]?.content_sum.slice('sha256:'.length) ?? '';
  const blob = base.blob(hex);
  const spec = { image: server.url('base'), memory: 2 ** 29 };
  buildRoot({
    directory: node.root,
    images: [{ ref: server.url('base'), bytes }],
    snapshots: [
      snapshotOn('app:v1', hex, blob, spec),
      snapshotOn('nics:v1', hex, blob, { ...spec, edit: ({ record }) => Object.assign(record, { nics: 1 }) }),
    ],
  });
  const clone = ['vm', 'clone', '--output', 'json'];
  await run([...clone, '--name', 'one', 'app:v1']);
  await run([...clone, '--name', 'one', 'app:v1']);
  await run([...clone, 'app:v1']);
  await run([...clone, '--name', 'a/b', 'app:v1']);
  await run([...clone, '--name', 'x', 'none']);
  await run([...clone, '--name', 'x', '--cpu', '10000', 'app:v1']);
  await run([...clone, '--name', 'x', '--memory', '1M', 'app:v1']);
  await run([...clone, '--name', 'x', '--storage', 'much', 'app:v1']);
  look();
  server.serve('base', smallImage('rebuilt'));
  chmodSync(blob, 0o644);
  rmSync(blob);
  await run([...clone, '--name', 'x', 'app:v1']);
  await run([...clone, '--name', 'x', '--pull', 'app:v1']);
  await run(['image', 'rm', server.url('base')]);
  await run([...clone, '--name', 'x', '--pull', 'app:v1']);
  server.serve('base', bytes);
  await run(['image', 'rm', server.url('base')]);
  await run([...clone, '--name', 'two', '--pull', '--on-demand', '--no-direct-io', '--storage', '20G', 'app:v1']);
  look();
  rmSync(join(node.root, 'firmware/CLOUDHV.fd'));
  await run([...clone, '--name', 'x', 'app:v1']);
  await run(['vm', 'rm', 'one', 'none']);
  await run(['vm', 'rm', '--force', 'one', 'two']);
  await run(['vm', 'list']);
  look();
}

export async function creations({ run, look, node, server }: Player): Promise<void> {
  server.serve('base', smallImage('base'));
  const create = ['vm', 'create', '--cpu', '1', '--nics', '0'];
  await run([...create, '--name', 'a', server.url('base')]);
  await run(['image', 'pull', server.url('base')]);
  await run([...create, '--name', 'a', server.url('base')]);
  mkdirSync(join(node.root, 'firmware'));
  writeFileSync(join(node.root, 'firmware/CLOUDHV.fd'), 'firmware');
  await run([...create, '--name', 'a', server.url('base')]);
  await run([...create, '--name', 'a', server.url('base')]);
  await run([...create, '--name', 'b', '--windows', '-o', 'json', server.url('base')]);
  await run([...create, '--name', 'c', '--memory', '100M', server.url('base')]);
  await run(['vm', 'list']);
  await run(['vm', 'inspect', 'b']);
  await run(['vm', 'inspect', 'none']);
  await run(['vm', 'run', '--cpu', '1', '--name', 'd', '--nics', '0', server.url('base')]);
  await run(['vm', 'rm', '--force', 'a', 'b', 'd']);
  await run(['vm', 'rm', 'a']);
  look();
}

export async function restores({ run, look, node }: Player): Promise<void> {
  const bytes = smallImage('base');
  const image = 'http://images.example.com/base.qcow2';
  const hex = createHash('sha256').update(bytes).digest('hex');
  const blob = node.blob(hex);
  const disks = { dataDisks: [{ name: 'scratch', bytes: Buffer.alloc(4096, 'scratch') }] };
  const snapshots = [snapshotOn('app:v1', hex, blob, disks), snapshotOn('other:v1', hex, blob)];
  const root = buildRoot({ directory: node.root, images: [{ ref: image, bytes }], snapshots });
  await run(['vm', 'clone', '-o', 'json', '--name', 'vm', 'app:v1']);
  await run(['vm', 'restore', 'vm', 'app:v1']);
  own(join(node.root, 'cloudhypervisor/db/vms.json'), [root.files('app:v1'), root.files('other:v1')]);
  await run(['vm', 'restore', 'none', 'app:v1']);
  await run(['vm', 'restore', 'vm', 'none']);
  await run(['vm', 'restore', '--memory', '1M', 'vm', 'app:v1']);
  await run(['vm', 'restore', 'vm', 'other:v1']);
  await run(['vm', 'restore', 'vm', 'app:v1']);
  look();
  chmodSync(blob, 0o644);
  rmSync(blob);
  await run(['vm', 'restore', '--output=json', 'vm', 'app:v1']);
  await run(['vm', 'restore', 'vm', 'app:v1']);
  await run(['vm', 'list']);
  await run(['vm', 'rm', '--force', '-o', 'json', 'vm']);
}

/** Makes snapshots the VM's own, as if they had been taken of it. */
function own(index: string, files: readonly string[]): void {
  const document = JSON.parse(readFileSync(index, 'utf8')) as { vms: Record<string, { snapshot_ids?: object }> };
  const ids = Object.fromEntries(files.map((directory) => [basename(directory), {}]));
  for (const vm of Object.values(document.vms)) vm.snapshot_ids = ids;
  writeFileSync(index, JSON.stringify(document));
}
