import { spawnSync } from 'node:child_process';
import { renameSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';
import {
  type Base,
  baseImage,
  baseOf,
  codes,
  dataOffset,
  flip,
  receiptResult,
  sealedBase,
  sealFile,
  whatReceiptsNeed,
} from './blobs.js';

const test = suite('the content of a base');

const foreign = 'cd'.repeat(32);

const provingFileSystem = await whatReceiptsNeed();

test('a bit that flips after a good read is corrupt, by two reads, and is remembered as bad', async () => {
  const base = await baseOf(baseImage('good'));
  await base.judge();
  await flip(base.path, dataOffset(base.bytes));
  await settled(base.path);
  const judged = await base.judge();
  assert.equal(codes(judged), ['blob-corrupt']);
  const [found] = judged.findings;
  assert.is(found?.expected, `sha256:${base.blob}`);
  assert.match(found?.expectedFrom ?? '', /^seal, basis name, since /);
  assert.is(found?.actual, judged.report.actual);
  assert.match(found?.message ?? '', 'a second read says the same');
  assert.is(judged.report.basis, 'name');
  assert.is(judged.report.expected, `sha256:${base.blob}`);
  assert.is.not(receiptResult(base), 'good');
  await flip(base.path, dataOffset(base.bytes));
  assert.equal(codes(await base.judge()), [], 'flipped back');
});

test('a flip is found although size and times were set back', async () => {
  const base = await baseOf(baseImage('good'));
  await base.judge();
  await flip(base.path, base.bytes.length - 1);
  utimesSync(base.path, new Date(0), new Date(0));
  assert.equal(codes(await base.judge()), ['blob-corrupt']);
});

test('a flip in a sealed base that does not hash to its name is corrupt, too', async () => {
  const base = await sealedBase(baseImage('converted'), foreign);
  await flip(base.path, dataOffset(base.bytes));
  const judged = await base.judge();
  assert.equal(codes(judged), ['blob-corrupt']);
  assert.is(judged.findings[0]?.expected, `sha256:${sha256(base.bytes)}`);
});

test('content that hashes to the name is corrupt where the seal says that it was converted', async () => {
  const other = baseImage('the source');
  const base = await sealedBase(baseImage('converted!'), sha256(other));
  writeFileSync(base.path, other);
  assert.equal(codes(await base.judge()), ['blob-corrupt']);
});

needs(provingFileSystem, test, 'another file with other content in the place of a good one is replaced', async () => {
  const base = await baseOf(baseImage('good'));
  await base.judge();
  writeFileSync(`${base.path}.new`, baseImage('evil'));
  renameSync(`${base.path}.new`, base.path);
  // A read right after the change is not remembered, and takes what was remembered away.
  await settled(base.path);
  const judged = await base.judge();
  assert.equal(codes(judged), ['blob-replaced']);
  assert.is(judged.findings[0]?.expected, `sha256:${base.blob}`);
  assert.is(receiptResult(base), 'bad');
  // Asked again it is still another file than the one that was good; written to since, it is another still.
  assert.equal(codes(await base.judge()), ['blob-replaced']);
  await flip(base.path, dataOffset(base.bytes));
  assert.equal(codes(await base.judge()), ['blob-replaced']);
});

test('another file with the same content is good', async () => {
  const base = await baseOf(baseImage('good'));
  await base.judge();
  writeFileSync(`${base.path}.new`, base.bytes);
  renameSync(`${base.path}.new`, base.path);
  assert.equal(codes(await base.judge()), []);
});

test('a flip that nobody knows of, and a conversion, look alike: unsealed, and nothing is sealed', async () => {
  const base = await baseOf(baseImage('converted, or flipped'), foreign);
  const judged = await base.judge();
  assert.equal(codes(judged), ['blob-unsealed']);
  assert.equal(judged.findings[0]?.remedyArgv, ['blobcheck', 'seal', foreign]);
  assert.is(judged.report.basis, null);
  assert.is(judged.report.readFrom, 'cache');
  assert.is((await base.ledger.recall(foreign)).seal, null);
  assert.equal(codes(await base.judge()), ['blob-unsealed']);
});

test('a base whose structure is bad is never sealed, even if it hashes to its name', async () => {
  const base = await baseOf(Buffer.alloc(70_000, 'raw'));
  assert.equal(codes(await base.judge()), ['blob-malformed']);
  assert.is((await base.ledger.recall(base.blob)).seal, null);
});

/** The last byte of cluster_bits: no table stands where it must once it is another. */
const clusterBits = 23;

test('a damaged header of a known base is corrupt first and malformed second', async () => {
  const base = await baseOf(baseImage('good'));
  await base.judge();
  await flip(base.path, clusterBits);
  const judged = await base.judge();
  assert.is(judged.findings[0]?.code, 'blob-corrupt');
  assert.is(judged.findings[1]?.code, 'blob-malformed');
  assert.is(judged.header, null);
});

test('a damaged header of an unknown base is unsealed and malformed, and cannot be sealed', async () => {
  const base = await baseOf(baseImage('unknown'), foreign);
  await flip(base.path, clusterBits);
  const judged = await base.judge();
  assert.is(judged.findings[0]?.code, 'blob-unsealed');
  assert.is(judged.findings[0]?.remedyArgv, null);
  assert.match(judged.findings[0]?.remedy ?? '', 'cannot be sealed');
  assert.ok(judged.findings.length > 1);
});

test('a base whose tables lead to its header is malformed, whatever it hashes to', async () => {
  const bytes = baseImage('good');
  bytes.writeBigUInt64BE(1n << 63n, dataOffset(bytes) - 65536);
  assert.equal(codes(await (await baseOf(bytes)).judge()), ['blob-malformed']);
});

async function withTornSeal(base: Base): Promise<Base> {
  truncateSync(sealFile(base), 100);
  return base;
}

test('a seal that is cut short counts only where it is needed', async () => {
  const needed = await withTornSeal(await sealedBase(baseImage('converted'), foreign));
  const judged = await needed.judge();
  assert.equal(codes(judged), ['seal-unreadable']);
  assert.is(judged.findings[0]?.severity, 'unverified');
  assert.match(judged.findings[0]?.message ?? '', 'not JSON');
  assert.is(judged.findings[0]?.actual, `sha256:${sha256(needed.bytes)}`);

  const content = baseImage('as it is called');
  const notNeeded = await withTornSeal(await sealedBase(content, sha256(content)));
  assert.equal(codes(await notNeeded.judge()), []);
});

test('a torn seal is not written over by looking at the base again', async () => {
  const content = baseImage('as it is called');
  const base = await withTornSeal(await sealedBase(content, sha256(content)));
  await base.judge();
  assert.match((await base.ledger.recall(base.blob)).sealProblem ?? '', 'not JSON');
});

// Only a real disk can hold other bytes than the cache: a file system on a loop device, whose block is changed and put back.
needs(
  ['losetup', 'loop-device', 'mkfs.ext4', 'debugfs', 'mount-namespace', 'root'],
  test,
  'a base that is right on the medium and wrong in memory is denied once, and good when asked again',
  () => {
    const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
    const place = temporaryDirectory();
    const bytes = baseImage('good');
    writeFileSync(join(place, `${sha256(bytes)}.qcow2`), bytes);
    const argv = ['--mount', 'sh', here('rotten-cache.sh'), place, sha256(bytes), String(dataOffset(bytes))];
    const run = spawnSync('unshare', [...argv, process.execPath, here('judge-blob-child.ts')], { encoding: 'utf8' });
    assert.is(run.status, 0, run.stderr);
    const [before, rotten, after] = run.stdout
      .trimEnd()
      .split('\n')
      .map((line): { code: string; severity: string; actual: string; expected: string }[] => JSON.parse(line));
    assert.equal(before, []);
    assert.equal(
      rotten?.map(({ code, severity }) => [code, severity]),
      [['cache-corrupt', 'error']],
    );
    assert.is(rotten?.[0]?.expected, `sha256:${sha256(bytes)}`);
    assert.is.not(rotten?.[0]?.actual, rotten?.[0]?.expected);
    assert.equal(after, []);
  },
);

test.run();
