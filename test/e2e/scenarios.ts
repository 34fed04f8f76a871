/** What is played on cocoon: each is compared with what cocoon 0.3.8 did (test/fixtures/cocoon-0.3.8). */
import { chmodSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { buildRoot } from '../builders/cocoon-root.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { snapshotOn } from '../builders/small-node.js';
import type { Player, Scenario } from './transcript.js';

const diskBytes = 2 ** 20;

export const jammyExport = fileURLToPath(new URL('../fixtures/real/exports/jammy_v1.tar.gz', import.meta.url));

export function image(content: string, version: 2 | 3 = 3): Buffer {
  return buildQcow2({ virtualSize: diskBytes, version, clusters: [{ index: 0, data: Buffer.from(content) }] });
}

async function pulls({ server, run, look, node }: Player): Promise<void> {
  server.serve('v3', image('v3'));
  server.serve('v2', image('v2', 2));
  server.serve('raw', Buffer.alloc(diskBytes * 3, 'raw'));
  server.serve('page', Buffer.from('<html>'));
  server.serve('gz', gzipSync('image'));
  server.serve('empty', Buffer.alloc(0));
  server.serve('version-9', Buffer.concat([Buffer.from('QFI\xfb\0\0\0\x09', 'latin1'), Buffer.alloc(504)]));
  const at = (path: string) => server.url(path);
  await run(['image', 'pull', at('v3')]);
  await run(['image', 'pull', at('v3')]);
  await run(['image', 'pull', '--force', at('v3')]);
  server.serve('v3', image('v3, rebuilt'));
  await run(['image', 'pull', at('v3')]);
  await run(['image', 'pull', '--force=true', at('v3'), at('v2')]);
  await run(['image', 'pull', at('raw')]);
  for (const path of ['page', 'gz', 'empty', 'version-9', 'none']) await run(['image', 'pull', at(path)]);
  await run(['image', 'pull', 'http://127.0.0.1:1/x']);
  await run(['image', 'pull', 'http://a b/x']);
  await run(['image', 'list']);
  await run(['image', 'inspect', at('v3')]);
  await run(['image', 'inspect', 'nothing']);
  await run(['image', 'rm', at('v3')]);
  await run(['image', 'rm', at('v3')]);
  look();
  writeFileSync(join(node.root, 'cloudimg/db/images.json'), '{"images":');
  await run(['image', 'list']);
  await run(['image', 'pull', at('v2')]);
}

async function imports({ run, look, node }: Player): Promise<void> {
  mkdirSync(node.directory, { recursive: true });
  const write = (name: string, bytes: Uint8Array) => writeFileSync(join(node.directory, name), bytes);
  write('v3.img', image('v3'));
  write('v2.img', image('v2', 2));
  write('part-1', image('parts').subarray(0, 70_000));
  write('part-2', image('parts').subarray(70_000));
  write('packed.gz', gzipSync(image('packed')));
  write('raw.img', Buffer.alloc(4096, 'raw'));
  write('empty', Buffer.alloc(0));
  await run(['image', 'import', 'v3', 'v3.img']);
  await run(['image', 'import', 'again', 'v3.img']);
  await run(['image', 'import', 'v2', 'v2.img']);
  await run(['image', 'import', 'parts', 'part-1', 'part-2']);
  await run(['image', 'import', 'packed', 'packed.gz']);
  await run(['image', 'import', 'stdin'], { input: image('stdin') });
  for (const name of ['raw.img', 'empty', 'none']) await run(['image', 'import', 'x', name]);
  await run(['image', 'import', 'x', 'packed.gz', 'v3.img']);
  await run(['image', 'import', 'x']);
  await run(['image', 'list', '-o', 'json']);
  look();
}

async function collections({ server, run, look, node }: Player): Promise<void> {
  for (const name of ['kept', 'removed']) server.serve(name, image(name));
  await run(['image', 'pull', server.url('kept'), server.url('removed')]);
  await run(['image', 'rm', server.url('removed')]);
  await run(['--root-dir', join(node.root, '.blobcheck/pull-x/root'), 'image', 'pull', server.url('kept')]);
  const under = (path: string) => join(node.root, path);
  for (const path of [
    'cloudimg/blobs/x.qcow2.aside',
    'cloudimg/temp/old',
    'cloudimg/temp/old.lock',
    'cloudimg/temp/new',
  ]) {
    writeFileSync(under(path), 'x');
  }
  for (const path of ['cloudimg/temp/old', 'cloudimg/temp/old.lock']) utimesSync(under(path), 1, 1);
  mkdirSync(under('cloudimg/blobs/folder.qcow2'));
  mkdirSync(under('snapshot/localfile/ORPHAN'), { recursive: true });
  mkdirSync(join(node.directory, 'run/cloudhypervisor/ORPHAN'), { recursive: true });
  await run(['gc']);
  look();
  writeFileSync(under('cloudimg/temp/old'), 'x');
  utimesSync(under('cloudimg/temp/old'), 1, 1);
  await run(['gc']);
  look();
}

async function snapshots({ run, look, node }: Player): Promise<void> {
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

async function clones({ run, look, node, server }: Player): Promise<void> {
  const bytes = image('base');
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
  server.serve('base', image('rebuilt'));
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
  rmSync(join(base.files('app:v1').replace(/[^/]+$/, ''), '..', '..', 'firmware/CLOUDHV.fd'));
  await run([...clone, '--name', 'x', 'app:v1']);
  await run(['vm', 'rm', 'one', 'none']);
  await run(['vm', 'rm', '--force', 'one', 'two']);
  await run(['vm', 'list']);
  look();
}

async function creations({ run, look, node, server }: Player): Promise<void> {
  server.serve('base', image('base'));
  const create = ['vm', 'create', '--nics', '0'];
  await run([...create, '--name', 'a', server.url('base')]);
  await run(['image', 'pull', server.url('base')]);
  await run([...create, '--name', 'a', server.url('base')]);
  mkdirSync(join(node.root, 'firmware'));
  writeFileSync(join(node.root, 'firmware/CLOUDHV.fd'), 'firmware');
  await run([...create, '--name', 'a', server.url('base')]);
  await run([...create, '--name', 'a', server.url('base')]);
  await run([...create, '--name', 'b', '--cpu', '1', '--windows', '-o', 'json', server.url('base')]);
  await run([...create, '--name', 'c', '--memory', '100M', server.url('base')]);
  await run(['vm', 'list']);
  await run(['vm', 'inspect', 'b']);
  await run(['vm', 'inspect', 'none']);
  await run(['vm', 'run', '--name', 'd', '--nics', '0', server.url('base')]);
  await run(['vm', 'rm', '--force', 'a', 'b', 'd']);
  await run(['vm', 'rm', 'a']);
  look();
}

async function usage({ run }: Player): Promise<void> {
  const words = [
    ['nope'],
    ['image', 'pull'],
    ['image', 'inspect', 'a', 'b'],
    ['image', 'list', '--nope'],
    ['image', '-x'],
    ['image', 'pull', '--force=maybe', 'x'],
    ['image', 'list', '-o'],
    ['image', 'list', '--format'],
    ['vm', 'clone'],
    ['vm', 'clone', '--cpu', 'x', 'y'],
    ['--nope', 'image', 'list'],
    ['--root-dir', '', 'image', 'list'],
    ['--dns', 'word', 'image', 'list'],
    ['--log-level', 'loud', 'image', 'list'],
    ['image', 'ls', '-ojson'],
    ['image', 'list', 'more', 'words'],
    ['image', '--log-level=warn', 'ls', '-o=json'],
    ['vm', 'ls'],
    ['snapshot', 'ls'],
  ];
  for (const args of words) await run(args);
}

async function settings({ run, node }: Player): Promise<void> {
  const under = (name: string) => join(node.directory, name);
  const write = (name: string, text: string) => writeFileSync(under(name), text);
  const text = (from: string) => ({
    json: `{"ROOT_DIR":"${under(from)}"}`,
    yaml: `Root_Dir: ${under(from)}\n`,
    toml: `root_dir = "${under(from)}"\n`,
  });
  for (const [ending, body] of Object.entries(text('from-file'))) write(`c.${ending}`, body);
  write('bad.json', '{');
  write('list.json', '[]');
  write('empty.yaml', '');
  write('number.json', '{"stop_timeout_seconds":0}');
  write('word.json', '{"stop_timeout_seconds":"word"}');
  write('none', '');
  const list = ['image', 'import', 'x', 'nothing'];
  // The options of the node come first, and the last of a flag counts: an empty one is no default.
  for (const name of [
    'c.json',
    'c.yaml',
    'c.toml',
    'bad.json',
    'list.json',
    'empty.yaml',
    'number.json',
    'word.json',
    'none',
    'missing.json',
  ]) {
    await run(['--config', name, ...list]);
  }
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  pulls,
  imports,
  collections,
  snapshots,
  clones,
  creations,
  usage,
  settings,
};
