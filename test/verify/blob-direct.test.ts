import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dropPageCache, openSameDirect } from '../../lib/digest/direct.js';
import { identityAt } from '../../lib/file/identity.js';
import { defaultPlace } from '../../lib/finding/remedy.js';
import { openState } from '../../lib/trust/state-directory.js';
import { judgeBlob } from '../../lib/verify/blob.js';
import { ledgerOf } from '../../lib/verify/ledger.js';
import { buildQcow2 } from '../builders/qcow2.js';
import { needs } from '../support/requires.js';
import { type Base, baseOf, codes, flip, sealedBase } from './blobs.js';

const test = suite('a base read past the page cache');

/** Bytes of a file that are in the page cache. */
function cached(path: string): number {
  return Number(execFileSync('fincore', ['--noheadings', '--bytes', '--output', 'RES', path], { encoding: 'utf8' }));
}

async function dropped(base: Base): Promise<void> {
  const handle = await open(base.path);
  await dropPageCache(handle);
  await handle.close();
}

/** A base of 13 MB, nearly all of it data. */
function large(): Buffer {
  const clusters = Array.from({ length: 200 }, (_, index) => ({ index, data: Buffer.alloc(65_536, index + 1) }));
  return buildQcow2({ virtualSize: 64 * 2 ** 20, clusters });
}

needs(
  ['dd', 'fincore', 'disk-backed-tmp'],
  test,
  'it is judged as otherwise, and leaves only its structure in the cache',
  async () => {
    const bytes = large();
    const base = await baseOf(bytes);
    await dropped(base);
    assert.is(cached(base.path), 0);
    const judged = await base.judge({}, { direct: true });
    assert.equal(judged.findings, []);
    assert.equal([judged.report.how, judged.report.readFrom], ['hashed', 'disk']);
    assert.is(judged.report.actual, `sha256:${base.blob}`);
    // Header and tables are read through the cache; the kernel reads ahead of them.
    assert.ok(cached(base.path) < bytes.length / 4, `${cached(base.path)} of ${bytes.length} bytes`);
    await base.judge({}, { content: 'read' });
    assert.ok(cached(base.path) >= bytes.length);
  },
);

needs(
  ['disk-backed-tmp', 'receipts'],
  test,
  'its receipt says where it was read, and speaks for it: nothing is read again',
  async () => {
    const base = await baseOf(large());
    await base.judge({}, { direct: true });
    const again = await base.judge({}, { direct: true });
    assert.equal([again.report.how, again.report.readFrom, again.hashed], ['receipt', 'disk', null]);
    const read = await base.judge({}, { direct: true, content: 'read' });
    assert.equal([read.report.how, read.report.readFrom], ['hashed', 'disk']);
  },
);

needs(['disk-backed-tmp'], test, 'one that is not what its seal says is corrupt all the same', async () => {
  const base = await sealedBase(large(), 'cd'.repeat(32));
  await flip(base.path, base.bytes.length - 5);
  const judged = await base.judge({}, { direct: true });
  assert.equal(codes(judged), ['blob-corrupt']);
});

needs(['disk-backed-tmp'], test, 'one that changes while it is read is changed', async () => {
  const base = await baseOf(large());
  const onProgress = () => {
    writeFileSync(`${base.path}.new`, base.bytes);
    renameSync(`${base.path}.new`, base.path);
  };
  const judged = await base.judge({}, { direct: true, onProgress });
  assert.equal(codes(judged), ['blob-changed']);
  assert.is(judged.identity, null);
});

test('where another file, or none, or no file stands at the name by now, no second descriptor is opened', async () => {
  const base = await baseOf(large());
  const judged = await identityAt(base.path);
  writeFileSync(`${base.path}.new`, base.bytes);
  renameSync(`${base.path}.new`, base.path);
  assert.is(await openSameDirect(base.path, judged), null);
  rmSync(base.path);
  assert.is(await openSameDirect(base.path, judged), null);
  mkdirSync(base.path);
  assert.is(await openSameDirect(base.path, judged), null);
});

needs(
  existsSync('/dev/shm') ? [] : ['/dev/shm'],
  test,
  'in memory there is nothing past the cache, and the report says so',
  async () => {
    const place = mkdtempSync('/dev/shm/blobcheck-test-');
    try {
      const { blob, bytes } = await baseOf(large());
      const path = join(place, `${blob}.qcow2`);
      writeFileSync(path, bytes);
      const { findings, report } = await judgeBlob(
        { blob, path, indexedBytes: [] },
        {
          engine: 'native',
          content: 'read',
          direct: true,
          maxAgeMs: 0,
          readsOverdue: false,
          place: defaultPlace,
          ledger: ledgerOf(await openState(null, place), 'test'),
          signal: undefined,
          onProgress: () => {},
        },
      );
      assert.equal(findings, []);
      assert.equal([report.how, report.readFrom], ['hashed', 'cache']);
    } finally {
      rmSync(place, { recursive: true });
    }
  },
);

test.run();
