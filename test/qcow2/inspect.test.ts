import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError } from '../../lib/errors.js';
import { inspectFile } from '../../lib/qcow2/inspect.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { imageInfo, run } from './qemu-img.js';
import { assertSameFields } from './same-fields.js';

const test = suite('qcow2 inspect');
const dir = temporaryDirectory();
let made = 0;

/** Every field that qemu-img tells of an image, from its answer and from ours. */
async function compare(path: string): Promise<void> {
  assertSameFields((await inspectFile(path)).header, imageInfo(path));
}

function create(options: string, size = '64M'): string {
  made += 1;
  const path = join(dir, `image-${made}.qcow2`);
  run('qemu-img', 'create', '-q', '-f', 'qcow2', ...(options === '' ? [] : ['-o', options]), path, size);
  return path;
}

const options = [
  '',
  'compat=0.10',
  'cluster_size=512',
  'cluster_size=4k',
  'cluster_size=2M',
  'compat=0.10,cluster_size=2M',
  'compression_type=zstd',
  'extended_l2=on',
  'lazy_refcounts=on',
  ...[1, 2, 4, 8, 32, 64].map((bits) => `refcount_bits=${bits}`),
  ...['metadata', 'falloc', 'full'].map((kind) => `preallocation=${kind}`),
  `data_file=${join(dir, 'data.raw')}`,
  `data_file=${join(dir, 'data2.raw')},data_file_raw=on`,
];

for (const option of options) {
  needs(
    ['qemu-img'],
    test,
    `an image made with "${option.replaceAll(dir, '…')}" is read as qemu-img reads it`,
    async () => {
      const path = create(option);
      await compare(path);
      const { tables, chain } = await inspectFile(path);
      assert.equal([tables?.problems, tables?.unreferencedBytes, chain.end.reason], [[], 0, 'no-backing-file']);
    },
  );
}

const secret = ['--object', 'secret,id=s,data=word'];

needs(['qemu-img'], test, 'an image encrypted with AES is read as qemu-img reads it', async () => {
  const path = join(dir, 'aes.qcow2');
  run(
    'qemu-img',
    'create',
    '-q',
    ...secret,
    '-f',
    'qcow2',
    '-o',
    'encrypt.format=aes,encrypt.key-secret=s',
    path,
    '1M',
  );
  await compare(path);
});

needs(['qemu-img'], test, 'an image encrypted with LUKS is read as qemu-img reads it', async () => {
  const path = join(dir, 'luks.qcow2');
  const luks = 'encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10';
  for (let left = 9; ; left--) {
    try {
      run('qemu-img', 'create', '-q', ...secret, '-f', 'qcow2', '-o', luks, path, '1M');
      break;
    } catch (error) {
      // QEMU times its key derivation, and gives up when the kernel's clock has not moved meanwhile.
      if (left === 0 || !String(error).includes('accurate CPU usage')) throw error;
    }
  }
  await compare(path);
  assert.is((await inspectFile(path)).header?.extensions[0]?.name, 'encryption');
});

needs(['qemu-img'], test, 'internal snapshots and bitmaps are read as qemu-img reads them', async () => {
  const path = create('');
  run('qemu-img', 'bitmap', '--add', path, 'one');
  run('qemu-img', 'bitmap', '--add', path, 'two');
  await compare(path);
  for (const name of ['first', 'zweites, mit Ümlaut', 'x'.repeat(200)]) run('qemu-img', 'snapshot', '-c', name, path);
  await compare(path);
});

needs(['qemu-img'], test, 'a hundred snapshots are read', async () => {
  const path = create('cluster_size=4k', '1M');
  for (let at = 0; at < 100; at++) run('qemu-img', 'snapshot', '-c', `snapshot ${at} ${'-'.repeat(at)}`, path);
  await compare(path);
  assert.equal((await inspectFile(path)).tables?.problems, []);
});

const names = ['/nothing/base.qcow2', 'base.qcow2', '../x', 'json:{"driver":"raw"}', 'nbd://127.0.0.1:1', 'file:/x'];
for (const name of names) {
  for (const format of ['qcow2', 'raw']) {
    needs(['qemu-img'], test, `the backing file ${name} as ${format} is read as qemu-img reads it`, async () => {
      const path = create('');
      run('qemu-img', 'rebase', '-q', '-u', '-F', format, '-b', name, path);
      await compare(path);
    });
  }
}

needs(['qemu-img'], test, 'a header of the longest backing name is read as qemu-img reads it', async () => {
  const path = join(dir, 'long.qcow2');
  writeFileSync(path, buildQcow2({ virtualSize: 2 ** 20, backing: { name: `/${'n'.repeat(1022)}`, format: 'vmdk' } }));
  await compare(path);
});

test('bits that nobody defined are named by their number', async () => {
  const path = join(dir, 'bits.qcow2');
  const bits = { incompatible: 1n << 40n, compatible: 3n, autoclear: 1n << 63n };
  writeFileSync(path, buildQcow2({ virtualSize: 2 ** 20, ...bits }));
  assert.equal((await inspectFile(path)).header?.features, {
    incompatible: ['unknown-40'],
    compatible: ['lazy-refcounts', 'unknown-1'],
    autoclear: ['unknown-63'],
  });
});

test('what is told is JSON, with 64-bit numbers as digits where a number cannot hold them', async () => {
  const path = join(dir, 'large.qcow2');
  const file = buildQcow2({ virtualSize: 2 ** 20 });
  file.writeBigUInt64BE(2n ** 64n - 1n, 24);
  file.writeUInt32BE(100, 96);
  file.writeUInt32BE(63, 20);
  writeFileSync(path, file);
  const told = JSON.parse(JSON.stringify(await inspectFile(path)));
  assert.is(told.header.virtualSize, '18446744073709551615');
  assert.is(told.header.refcountBits, '2^100');
  assert.is(told.header.clusterSize, null);
  assert.match(told.tables.notWalked, 'cluster size');
});

test('a file that is no qcow2 is told as such, and nothing more', async () => {
  const path = join(dir, 'raw.img');
  writeFileSync(path, Buffer.alloc(1024));
  const { format, header, tables, chain, size } = await inspectFile(path);
  assert.equal([format, header, tables, chain.end.reason, size], ['not-qcow2', null, null, 'not-qcow2', 1024]);
});

test('what is no file cannot be inspected', async () => {
  for (const path of [join(dir, 'nothing'), dir, '/dev/null']) {
    try {
      await inspectFile(path);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, BlobcheckError);
      assert.equal([(error as BlobcheckError).code, (error as BlobcheckError).path], ['unreadable', path]);
    }
  }
});

test.run();
