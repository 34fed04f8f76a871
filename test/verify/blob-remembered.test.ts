import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hashFile } from '../../lib/digest/hash-file.js';
import type { JudgedBlob } from '../../lib/verify/blob.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import {
  type Base,
  baseImage,
  baseOf,
  codes,
  dataOffset,
  flip,
  forge,
  receiptFile,
  receiptResult,
  sealedBase,
  sealFile,
  whatReceiptsNeed,
} from './blobs.js';

const test = suite('a base of which only what is remembered is asked');

const remembering = await whatReceiptsNeed();
const here = (name: string, run: () => Promise<void>) => needs(remembering, test, name, run);

const foreign = 'cd'.repeat(32);
const MINUTE = 60_000;

/** What is said of a base without reading it. */
async function recalled(base: Base): Promise<JudgedBlob> {
  const judged = await base.judge(
    {},
    {
      content: 'remembered',
      onProgress: () => {
        throw new Error('it is read');
      },
    },
  );
  assert.is(judged.hashed, null);
  return judged;
}

async function recalledCodes(base: Base): Promise<string[]> {
  return codes(await recalled(base));
}

/** A base that was good, was flipped, and has been read again since. */
async function corruptBase(): Promise<Base> {
  const base = await baseOf(baseImage('good'));
  await base.judge();
  await flip(base.path, dataOffset(base.bytes));
  await settled(base.path);
  assert.equal(codes(await base.judge()), ['blob-corrupt']);
  assert.is(receiptResult(base), 'bad');
  return base;
}

/** A base that does not hash to its name, has no seal, and has been read. */
async function unsealedBase(): Promise<Base> {
  const base = await baseOf(baseImage('converted'), foreign);
  await base.judge();
  assert.is(receiptResult(base), 'unsealed');
  return base;
}

function agedBy(base: Base, ms: number): void {
  forge(receiptFile(base), { at: new Date(Date.now() - ms).toISOString() });
}

test('one that nobody has read is not judged, and nothing of it is read or remembered', async () => {
  const base = await baseOf(baseImage('good'));
  const judged = await recalled(base);
  assert.equal(codes(judged), ['check-timeout']);
  assert.is(judged.findings[0]?.severity, 'unverified');
  assert.is(judged.findings[0]?.subject, base.path);
  assert.equal([judged.report.how, judged.report.actual, judged.identity], [null, null, null]);
  assert.is(judged.report.bytes, base.bytes.length);
  assert.is.not(judged.header, null);
  assert.equal([receiptResult(base), (await base.ledger.recall(base.blob)).seal], [null, null]);
});

test('what needs no reading is told: it is missing, or of another size, or its structure is bad', async () => {
  const missing = await baseOf(baseImage('good'));
  rmSync(missing.path);
  assert.equal(await recalledCodes(missing), ['blob-missing']);
  const longer = await sealedBase(baseImage('good'), foreign);
  writeFileSync(longer.path, 'x', { flag: 'a' });
  assert.equal(await recalledCodes(longer), ['blob-size-mismatch']);
  assert.equal(await recalledCodes(await baseOf(Buffer.alloc(70_000, 'raw'))), ['check-timeout', 'blob-malformed']);
});

here('one that was found good is good, until it is touched', async () => {
  const base = await baseOf(baseImage('good'));
  await base.judge();
  const judged = await recalled(base);
  assert.equal(judged.findings, []);
  assert.equal([judged.report.how, judged.report.actual], ['receipt', `sha256:${base.blob}`]);
  utimesSync(base.path, new Date(), new Date());
  assert.equal(await recalledCodes(base), ['check-timeout']);
});

needs(['receipts'], test, 'one that was found corrupt is corrupt for ten minutes', async () => {
  const base = await corruptBase();
  const judged = await recalled(base);
  assert.equal(codes(judged), ['blob-corrupt']);
  const [found] = judged.findings;
  assert.is(found?.expected, `sha256:${base.blob}`);
  assert.is.not(found?.actual, found?.expected);
  assert.equal([judged.report.how, judged.report.actual], ['receipt', found?.actual]);
  agedBy(base, 9 * MINUTE);
  assert.equal(await recalledCodes(base), ['blob-corrupt']);
  agedBy(base, 11 * MINUTE);
  assert.equal(await recalledCodes(base), ['check-timeout']);
  agedBy(base, -MINUTE);
  assert.equal(await recalledCodes(base), ['check-timeout'], 'the clock went back');
});

test('one that was found corrupt is read by who can wait, and is good when it has been put right', async () => {
  const base = await corruptBase();
  assert.is((await base.judge()).report.how, 'hashed');
  await flip(base.path, dataOffset(base.bytes));
  assert.equal(await recalledCodes(base), ['check-timeout']);
  assert.equal(codes(await base.judge()), []);
});

here('one that was replaced by another file is still called replaced', async () => {
  const base = await baseOf(baseImage('good'));
  await base.judge();
  rmSync(base.path);
  writeFileSync(base.path, baseImage('evil'));
  await settled(base.path);
  assert.equal(codes(await base.judge()), ['blob-replaced']);
  assert.equal(await recalledCodes(base), ['blob-replaced']);
});

test('one that was found corrupt is open again when it was sealed as it is now', async () => {
  const base = await corruptBase();
  await base.ledger.reseal(base.blob, await hashFile(base.path), 'operator');
  assert.equal(await recalledCodes(base), ['check-timeout']);
});

test('a bad receipt that outlived a new seal is nobody’s word any more', async () => {
  const base = await corruptBase();
  const { digest } = await hashFile(base.path);
  forge(sealFile(base), { digest: `sha256:${digest}` });
  assert.equal(await recalledCodes(base), ['check-timeout']);
});

needs(['receipts'], test, 'one that nobody has sealed is unsealed for ten minutes, with the way out', async () => {
  const base = await unsealedBase();
  const judged = await recalled(base);
  assert.equal(codes(judged), ['blob-unsealed']);
  assert.equal(judged.findings[0]?.remedyArgv, ['blobcheck', 'seal', foreign]);
  assert.is(judged.findings[0]?.actual, `sha256:${sha256(base.bytes)}`);
  agedBy(base, 11 * MINUTE);
  assert.equal(await recalledCodes(base), ['check-timeout']);
  assert.is((await base.judge()).report.how, 'hashed');
});

test('one that nobody had sealed is open again once it is sealed, and allowed when it was read', async () => {
  const base = await unsealedBase();
  await base.ledger.seal(base.blob, await hashFile(base.path), 'operator');
  assert.equal(await recalledCodes(base), ['check-timeout']);
  assert.equal(codes(await base.judge()), []);
});

here('one whose seal cannot be read is open, whatever the receipt says', async () => {
  const bad = await corruptBase();
  const good = await baseOf(baseImage('good'));
  await good.judge();
  for (const base of [bad, good]) {
    writeFileSync(sealFile(base), 'torn');
    assert.equal(await recalledCodes(base), ['check-timeout']);
  }
});

test.run();
