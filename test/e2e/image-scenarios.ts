import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { diskBytes, smallImage } from './small-image.js';
import type { Player } from './transcript.js';

export async function pulls({ server, run, look, node }: Player): Promise<void> {
  server.serve('v3', smallImage('v3'));
  server.serve('v2', smallImage('v2', 2));
  server.serve('raw', Buffer.alloc(diskBytes * 3, 'raw'));
  server.serve('page', Buffer.from('<html>'));
  server.serve('gz', gzipSync('image'));
  server.serve('empty', Buffer.alloc(0));
  server.serve('version-9', Buffer.concat([Buffer.from('QFI\xfb\0\0\0\x09', 'latin1'), Buffer.alloc(504)]));
  const at = (path: string) => server.url(path);
  await run(['image', 'pull', at('v3')]);
  await run(['image', 'pull', at('v3')]);
  await run(['image', 'pull', '--force', at('v3')]);
  server.serve('v3', smallImage('v3, rebuilt'));
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

export async function imports({ run, look, node }: Player): Promise<void> {
  const write = (name: string, bytes: Uint8Array) => writeFileSync(join(node.directory, name), bytes);
  write('v3.img', smallImage('v3'));
  write('v2.img', smallImage('v2', 2));
  write('part-1', smallImage('parts').subarray(0, 70_000));
  write('part-2', smallImage('parts').subarray(70_000));
  write('packed.gz', gzipSync(smallImage('packed')));
  write('raw.img', Buffer.alloc(4096, 'raw'));
  write('empty', Buffer.alloc(0));
  await run(['image', 'import', 'v3', 'v3.img']);
  await run(['image', 'import', 'again', 'v3.img']);
  await run(['image', 'import', 'v2', 'v2.img']);
  await run(['image', 'import', 'parts', 'part-1', 'part-2']);
  await run(['image', 'import', 'packed', 'packed.gz']);
  await run(['image', 'import', 'stdin'], { input: smallImage('stdin') });
  for (const name of ['raw.img', 'empty', 'none']) await run(['image', 'import', 'x', name]);
  await run(['image', 'import', 'x', 'packed.gz', 'v3.img']);
  await run(['image', 'import', 'x']);
  await run(['image', 'list', '-o', 'json']);
  look();
}

export async function collections({ server, run, look, node }: Player): Promise<void> {
  for (const name of ['kept', 'removed']) server.serve(name, smallImage(name));
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
