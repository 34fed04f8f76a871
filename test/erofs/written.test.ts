import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildErofs } from '../builders/erofs.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { readImage, superblockOf } from './in-memory.js';

const test = suite('EROFS images written by mkfs.erofs');

const dir = temporaryDirectory();
const uuid = 'f2e9c4f5-9412-57ed-aeaf-49edd19048c3';

function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A directory with files that compress, one that does not, and a link. */
function source(): string {
  const path = join(dir, 'source');
  mkdirSync(join(path, 'sub'), { recursive: true });
  writeFileSync(join(path, 'sub', 'text'), 'the same again and again\n'.repeat(20_000));
  const words = Uint32Array.from({ length: 20_000 }, (_, at) => Math.imul(at, 0x9e3779b1));
  writeFileSync(join(path, 'numbers'), Buffer.from(words.buffer));
  return path;
}

/** What dump.erofs says of an image: words before a colon, and what stands behind it. */
function dump(path: string): (name: string) => string {
  const text = run('dump.erofs', path);
  return (name) => new RegExp(`^Filesystem ${name}: +(.*)$`, 'm').exec(text)?.[1] ?? '';
}

const made: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['without compression', [], []],
  ['as cocoon makes its layers', ['-zlz4hc', '-C4096', '-T0', '-U', uuid], ['lz4']],
  ['with large clusters, so with a configuration', ['-zlz4', '-C65536'], ['lz4']],
  ['with large inodes', ['-Eforce-inode-extended'], []],
  ['of chunks', ['--chunksize=4096'], []],
  ['without a checksum', ['-Enosbcrc'], []],
];

for (const [how, options, algorithms] of made) {
  needs(
    ['mkfs.erofs', 'dump.erofs'],
    test,
    `made ${how}: its size, number, inodes and root as dump.erofs says`,
    async () => {
      const path = join(dir, `${made.findIndex(([name]) => name === how)}.erofs`);
      run('mkfs.erofs', ...options, path, source());
      const found = await superblockOf(readFileSync(path));
      const said = dump(path);
      assert.is(String(found.blocks), said('blocks'));
      assert.is(String(found.rootNid), said('root nid'));
      assert.is(String(found.inodes), said('inode count'));
      assert.is(found.uuid, said('UUID'));
      assert.is(found.imageBytes, statSync(path).size);
      assert.is(found.hasChecksum, !options.includes('-Enosbcrc'));
      assert.is(found.extraDevices, 0);
      if (algorithms.length > 0) assert.equal(found.compressionAlgorithms, algorithms);
      if (options.includes(uuid)) assert.is(found.uuid, uuid);
    },
  );
}

needs(['mkfs.erofs'], test, 'whose data lies in another file: it is counted', async () => {
  const [path, blobs] = [join(dir, 'index.erofs'), join(dir, 'blobs')];
  writeFileSync(blobs, '');
  run('mkfs.erofs', '--chunksize=4096', `--blobdev=${blobs}`, path, source());
  const { extraDevices, imageBytes } = await superblockOf(readFileSync(path));
  assert.is(extraDevices, 1);
  assert.ok(imageBytes < statSync(blobs).size);
});

needs(['fsck.erofs', 'dump.erofs'], test, 'fsck.erofs finds nothing wrong with what our builder makes', () => {
  for (const bytes of [0, 1, 4096, 100_000]) {
    const path = join(dir, `built-${bytes}.erofs`);
    writeFileSync(path, buildErofs({ content: Buffer.alloc(bytes, 'x'), uuid: uuid.replaceAll('-', '') }));
    run('fsck.erofs', path);
    const said = dump(path);
    assert.equal([said('blocks'), said('UUID')], [String(statSync(path).size / 4096), uuid]);
  }
});

/** The layers that cocoon 0.3.8 had made. */
function realLayers(): { readonly name: string; readonly image: Buffer }[] {
  const archive = fileURLToPath(new URL('../fixtures/real/cocoon-root-oci.tar.gz', import.meta.url));
  const directory = temporaryDirectory();
  const blobs = 'var/lib/cocoon/oci/blobs';
  run('tar', '-xzf', archive, '-C', directory, blobs);
  const names = readdirSync(join(directory, blobs)).sort();
  return names.map((name) => ({ name: name.slice(0, 8), image: readFileSync(join(directory, blobs, name)) }));
}

needs(['tar'], test, 'the layers of real roots', async () => {
  const facts = await Promise.all(
    realLayers().map(async ({ name, image }) => {
      const superblock = await superblockOf(image);
      assert.is(superblock.imageBytes, image.length);
      assert.equal([superblock.blockSize, superblock.hasChecksum, superblock.extraDevices], [4096, true, 0]);
      assert.equal(superblock.features, { compatible: ['sb-chksum', 'mtime'], incompatible: ['lz4-0padding'] });
      assert.equal([superblock.rootNid, superblock.compressionAlgorithms], [36n, ['lz4']]);
      return [name, superblock.blocks, superblock.inodes, superblock.uuid];
    }),
  );
  assert.equal(facts, [
    ['71c555c6', 18, 4n, 'f2e9c4f5-9412-57ed-aeaf-49edd19048c3'],
    ['e53599ac', 1, 3n, '653260a0-d13f-5bab-9faf-7a142687e1a6'],
    ['f6f6b470', 25, 3n, 'a0f5ef07-4a92-5831-8b08-cbd7dc3c895d'],
  ]);
});

needs(['tar'], test, 'one flipped bit in the first block of a real layer, or one missing byte at its end', async () => {
  for (const { name, image } of realLayers()) {
    assert.is((await readImage(image.subarray(0, image.length - 1))).kind, 'malformed', name);
    for (let at = 1028; at < 4096; at++) {
      const bit = 1 << (at % 8);
      image.writeUInt8(image.readUInt8(at) ^ bit, at);
      assert.is((await readImage(image)).kind, 'malformed', `${name}, byte ${at}`);
      image.writeUInt8(image.readUInt8(at) ^ bit, at);
    }
    assert.is((await readImage(image)).kind, 'ok', name);
  }
});

test.run();
