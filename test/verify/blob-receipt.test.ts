import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hashFile } from '../../lib/digest/hash-file.js';
import type { BlobOptions } from '../../lib/verify/blob-content.js';
import { needs } from '../support/requires.js';
import {
  type Base,
  baseImage,
  baseOf,
  codes,
  flip,
  forge,
  receiptFile,
  receiptResult,
  sealFile,
  whatReceiptsNeed,
} from './blobs.js';

const test = suite('a base that was read before');

const remembering = await whatReceiptsNeed();
const here = (name: string, run: () => Promise<void>) => needs(remembering, test, name, run);

const DAY = 24 * 60 * 60 * 1000;

/** A sound base that has been read, and is remembered as good. */
async function readBase(text = 'good'): Promise<Base> {
  const base = await baseOf(baseImage(text));
  assert.is((await base.judge()).report.how, 'hashed');
  assert.is(receiptResult(base), 'good');
  return base;
}

/** How it is judged now; whatever is remembered, it must be found good. */
async function how(base: Base, options: Partial<BlobOptions> = {}): Promise<string | null> {
  const [how, ...found] = await judged(base, options);
  assert.equal(found, []);
  return how ?? null;
}

/** The same, and the codes of what is found. */
async function judged(base: Base, options: Partial<BlobOptions> = {}): Promise<(string | null)[]> {
  const judged = await base.judge({}, options);
  assert.is(judged.report.actual, `sha256:${base.blob}`);
  return [judged.report.how, ...codes(judged)];
}

here('is not read again', async () => {
  const base = await readBase();
  let reads = 0;
  const judged = await base.judge({}, { onProgress: () => (reads += 1) });
  assert.equal(judged.findings, []);
  assert.is(reads, 0);
  assert.is(judged.hashed, null);
  assert.is.not(judged.header, null);
  assert.is.not(judged.identity, null);
  assert.equal(judged.report, {
    path: base.path,
    bytes: base.bytes.length,
    expected: `sha256:${base.blob}`,
    actual: `sha256:${base.blob}`,
    basis: 'name',
    how: 'receipt',
    readFrom: 'cache',
    seconds: null,
  });
});

here('is read again when that is asked for, and then speaks again', async () => {
  const base = await readBase();
  assert.is((await base.judge({}, { content: 'read' })).report.how, 'hashed');
  assert.is(await how(base), 'receipt');
});

here('is not read again because somebody else has read it', async () => {
  const base = await readBase();
  readFileSync(base.path);
  assert.is(await how(base), 'receipt');
});

const touched: readonly (readonly [string, (path: string) => void])[] = [
  ['was touched', (path) => utimesSync(path, new Date(), new Date())],
  ['has another mode', (path) => chmodSync(path, 0o440)],
  ['was written anew with the same bytes', (path) => writeFileSync(path, readFileSync(path))],
  ['was written anew, and its times put back', (path) => keepingTimes(path, () => rewrite(path))],
  ['was replaced by a copy of itself', replaceByCopy],
  ['was replaced by a copy of itself with its times', (path) => keepingTimes(path, () => replaceByCopy(path))],
];
for (const [what, touch] of touched) {
  here(`is read again when it ${what}`, async () => {
    const base = await readBase();
    touch(base.path);
    assert.is(await how(base), 'hashed');
  });
}

here('is overdue after 30 days, and not before, and is not read for that', async () => {
  const base = await readBase();
  const before = (ms: number) => forge(receiptFile(base), { at: new Date(Date.now() - ms).toISOString() });
  before(30 * DAY - 60_000);
  assert.is(await how(base), 'receipt');
  before(30 * DAY + 60_000);
  assert.equal(await judged(base), ['receipt', 'verification-overdue']);
  assert.equal(await judged(base, { content: 'remembered' }), ['receipt', 'verification-overdue']);
  assert.is(await how(base, { content: 'read' }), 'hashed');
  assert.is(await how(base), 'receipt');
});

here('is overdue when the clock went back', async () => {
  const base = await readBase();
  forge(receiptFile(base), { at: new Date(Date.now() + 60_000).toISOString() });
  assert.equal(await judged(base), ['receipt', 'verification-overdue']);
});

here('is read again when its seal is gone, and gets one by its name', async () => {
  const base = await readBase();
  rmSync(sealFile(base));
  const judged = await base.judge();
  assert.equal([judged.report.how, judged.report.basis], ['hashed', 'name']);
  assert.is(await how(base), 'receipt');
});

const unreadable: readonly (readonly [string, (file: string) => void])[] = [
  ['cut short', (file) => truncateSync(file, 100)],
  ['empty', (file) => truncateSync(file, 0)],
  ['flipped', (file) => flipSync(file)],
  ['of another blob', (file) => forge(file, { blob: 'cd'.repeat(32) })],
  ['of another store', (file) => forge(file, { store: '/var/lib/cocoon' })],
  ['of a newer version', (file) => forge(file, { version: 2 })],
  ['one that everybody can write', (file) => chmodSync(file, 0o666)],
  ['a link to a good one', linkTo],
];
for (const [what, spoil] of unreadable) {
  here(`is read again when its seal is ${what}`, async () => {
    const base = await readBase();
    spoil(sealFile(base));
    assert.is(await how(base), 'hashed');
  });

  here(`is read again when its receipt is ${what}, which is told and changes no verdict`, async () => {
    const base = await readBase();
    spoil(receiptFile(base));
    assert.is(await how(base), 'hashed');
    assert.ok([...base.ledger.problems].some((problem) => problem.startsWith(receiptFile(base))));
  });
}

here('is read again, and is corrupt, when its seal says another content', async () => {
  const base = await readBase();
  forge(sealFile(base), { digest: `sha256:${'cd'.repeat(32)}` });
  const judged = await base.judge();
  assert.equal(codes(judged), ['blob-corrupt']);
  assert.is(judged.report.how, 'hashed');
});

here('is read again when the receipt is of another content than the seal', async () => {
  const base = await readBase();
  forge(receiptFile(base), { digest: `sha256:${'cd'.repeat(32)}` });
  assert.is(await how(base), 'hashed');
});

here('is read again when it was sealed anew, and is known by the new seal', async () => {
  const base = await readBase();
  await base.ledger.reseal(base.blob, await hashFile(base.path), 'operator');
  const judged = await base.judge();
  assert.equal([judged.report.how, judged.report.basis], ['hashed', 'operator']);
});

here('is malformed whatever its receipt says, if its structure is bad', async () => {
  const base = await baseOf(Buffer.alloc(70_000, 'raw'));
  const hashed = await hashFile(base.path);
  await base.ledger.seal(base.blob, hashed, 'operator');
  await base.ledger.recordRead(base.blob, base.path, hashed, 'good', 'unknown');
  const judged = await base.judge();
  assert.equal(codes(judged), ['blob-malformed']);
  assert.is(judged.report.how, 'receipt');
  assert.is(judged.header, null);
});

here('is corrupt when a bit of it flips, and a receipt does not hide it', async () => {
  const base = await readBase();
  await flip(base.path, base.bytes.length - 1);
  assert.equal(codes(await base.judge()), ['blob-corrupt']);
  assert.equal(codes(await base.judge()), ['blob-corrupt']);
});

here('has the size of its seal, or no receipt is asked', async () => {
  const base = await readBase();
  forge(sealFile(base), { size: base.bytes.length + 1 });
  const judged = await base.judge();
  assert.equal(codes(judged), ['blob-size-mismatch']);
  assert.is(judged.report.how, null);
});

function rewrite(path: string): void {
  writeFileSync(path, readFileSync(path));
}

function replaceByCopy(path: string): void {
  copyFileSync(path, `${path}.new`);
  renameSync(`${path}.new`, path);
}

/** Does something to a file and gives it the times back that anybody can give it. */
function keepingTimes(path: string, meddle: () => void): void {
  const times = `${path}.times`;
  const touch = (...args: string[]) => assert.is(spawnSync('touch', args).status, 0);
  touch('-r', path, times);
  meddle();
  touch('-r', times, path);
}

function flipSync(file: string): void {
  const bytes = readFileSync(file);
  const at = bytes.indexOf('sha256:') + 10;
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(file, bytes);
}

function linkTo(file: string): void {
  renameSync(file, `${file}.kept`);
  symlinkSync(`${file}.kept`, file);
}

test.run();
