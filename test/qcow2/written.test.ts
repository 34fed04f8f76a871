import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Qcow2Header } from '../../lib/qcow2/header.js';
import { judgeHeader } from '../../lib/verify/rules/qcow2-header.js';
import { buildQcow2, writeQcow2File } from '../builders/qcow2.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { headerOf, problemKinds, tablesOf } from './in-memory.js';
import { run } from './qemu-img.js';

const test = suite('qcow2 images written by QEMU');
const dir = temporaryDirectory();
const qemu = ['qemu-img', 'qemu-io'];
let made = 0;

function create(options: string): string {
  made += 1;
  const path = join(dir, `image-${made}.qcow2`);
  run('qemu-img', 'create', '-q', '-f', 'qcow2', '-o', options, path, '6M');
  return path;
}

function io(path: string, ...commands: string[]): void {
  run('qemu-io', ...commands.flatMap((command) => ['-c', command]), path);
}

async function isHealthy(path: string): Promise<Awaited<ReturnType<typeof tablesOf>>> {
  const file = readFileSync(path);
  const facts = await tablesOf(file);
  assert.equal(
    [facts.problems, facts.freeDataClusters, facts.tooLarge, facts.notWalked, facts.unreferencedBytes],
    [[], 0, null, null, 0],
  );
  const roles = (await headerOf(file)).snapshotCount > 0 ? (['blob'] as const) : (['overlay', 'blob'] as const);
  for (const role of roles) {
    assert.equal(judgeHeader({ kind: 'qcow2', header: await headerOf(file) }, path, role), []);
  }
  return facts;
}

const layouts = ['compat=0.10', ...[512, 4096, 65536, 2097152].map((size) => `cluster_size=${size}`)];
layouts.push(...[1, 2, 4, 8, 32, 64].map((bits) => `refcount_bits=${bits},cluster_size=4096`));

for (const layout of layouts) {
  needs(qemu, test, `data, zeros and discarded clusters are walked without a problem (${layout})`, async () => {
    const path = create(layout);
    io(path, 'write -P 1 0 3M', 'write -P 2 5M 100k', 'write -z 1M 2M', 'discard 4M 1M', 'write -P 3 6143k 1k');
    const { dataClusters, zeroClusters } = await isHealthy(path);
    assert.ok(dataClusters > 0);
    // Version 2 cannot say that a cluster reads as zeros.
    assert.ok(layout.startsWith('compat') || zeroClusters > 0 || layout.endsWith('2097152'));
  });
}

for (const compression of ['zlib', 'zstd']) {
  for (const size of [512, 65536, 2097152]) {
    needs(qemu, test, `compressed clusters are walked without a problem (${compression}, ${size})`, async () => {
      const source = create('cluster_size=64k');
      io(source, 'write -P 1 0 1M', 'write -P 9 3M 2M');
      const path = join(dir, `compressed-${compression}-${size}.qcow2`);
      const options = `compression_type=${compression},cluster_size=${size}`;
      run('qemu-img', 'convert', '-q', '-c', '-O', 'qcow2', '-o', options, source, path);
      const { compressedClusters } = await isHealthy(path);
      assert.is(compressedClusters, Math.ceil((3 * 2 ** 20) / size) + (size === 2097152 ? 1 : 0));
    });
  }
}

needs(qemu, test, 'snapshots share their tables and clusters with the disk', async () => {
  const path = create('cluster_size=4k');
  io(path, 'write -P 1 0 3M');
  run('qemu-img', 'snapshot', '-c', 'one', path);
  await isHealthy(path);
  io(path, 'write -P 2 1M 64k', 'write -P 2 5M 64k');
  run('qemu-img', 'snapshot', '-c', 'two', path);
  io(path, 'write -P 3 0 64k');
  await isHealthy(path);
  run('qemu-img', 'snapshot', '-a', 'one', path);
  await isHealthy(path);
  run('qemu-img', 'snapshot', '-d', 'one', path);
  await isHealthy(path);
});

/** Of the image below: where its snapshot's L1 table, its snapshot's only L2 table and a cluster of that one are. */
async function withSnapshot(): Promise<{
  file: Buffer;
  l1: number;
  l2: number;
  activeL2: number;
  header: Qcow2Header;
}> {
  const path = create('cluster_size=4k');
  io(path, 'write -P 1 0 64k');
  run('qemu-img', 'snapshot', '-c', 'one', path);
  io(path, 'write -P 2 0 64k');
  const file = readFileSync(path);
  const header = await headerOf(file);
  const entry = (at: number) => Number(file.readBigUInt64BE(at) & 0x00fffffffffffe00n);
  const l1 = entry(Number(header.snapshotsOffset));
  return { file, l1, l2: entry(l1), activeL2: entry(Number(header.l1TableOffset)), header };
}

needs(qemu, test, 'a cluster of the disk on the metadata of a snapshot is found', async () => {
  const { file, l1, l2, activeL2, header } = await withSnapshot();
  assert.equal(await problemKinds(file), []);
  assert.is.not(l2, activeL2);
  for (const target of [l1, l2, Number(header.snapshotsOffset)]) {
    const damaged = Buffer.from(file);
    damaged.writeBigUInt64BE(BigInt(target), activeL2);
    assert.equal(await problemKinds(damaged), ['overlaps-metadata']);
  }
});

needs(qemu, test, 'a damaged table of a snapshot is found', async () => {
  const { file, l1, l2, activeL2 } = await withSnapshot();
  const kinds = async (at: number, value: bigint) => {
    const damaged = Buffer.from(file);
    damaged.writeBigUInt64BE(value, at);
    return problemKinds(damaged);
  };
  assert.equal(await kinds(l2, BigInt(activeL2)), ['overlaps-metadata']);
  assert.equal(await kinds(l2, 1n << 40n), ['outside-file']);
  assert.equal(await kinds(l1, 1n << 40n), ['outside-file']);
  assert.equal(await kinds(l1, BigInt(l1)), ['overlaps-metadata']);
  assert.equal(await kinds(l1, BigInt(activeL2)), []);
});

needs(qemu, test, 'a disk of lazy refcounts that was not closed is walked without a problem', async () => {
  const path = create('lazy_refcounts=on');
  run('qemu-io', '-c', 'write -P 1 0 1M', '-c', 'flush', path);
  const file = readFileSync(path);
  file.writeBigUInt64BE(1n, 72);
  assert.equal([(await tablesOf(file)).rebuildsRefcounts, await problemKinds(file)], [true, []]);
});

const built = [9, 12, 16, 21].flatMap((clusterBits) =>
  [0, 3, 4, 6].map((refcountOrder) => ({ clusterBits, refcountOrder })),
);

needs(['qemu-img'], test, 'qemu-img finds nothing wrong with what our builder makes', async () => {
  const path = join(dir, 'built.qcow2');
  for (const layout of built) {
    const clusters = [0, 3, 39].map((index) => ({ index, data: Buffer.from('data') }));
    writeFileSync(
      path,
      buildQcow2({ virtualSize: 40 * 2 ** layout.clusterBits, ...layout, zeroClusters: [5], clusters }),
    );
    run('qemu-img', 'check', '-q', path);
    await isHealthy(path);
  }
  await writeQcow2File(path, { virtualSize: 16 * 2 ** 20, clusterBits: 12, fill: 3000, seed: 5 });
  run('qemu-img', 'check', '-q', path);
  assert.is((await isHealthy(path)).dataClusters, 3000);
  assert.is(statSync(path).size % 4096, 0);
});

test.run();
