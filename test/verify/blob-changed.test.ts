import { renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { meddlingSignal } from '../support/meddling-signal.js';
import { settled } from '../support/settled.js';
import { type Base, baseImage, baseOf, codes, dataOffset, flip, receiptResult, sealedBase } from './blobs.js';

const test = suite('a base that changes while it is judged');

const foreign = 'cd'.repeat(32);

/** Judges a base and does something to it when its bytes have been read for the nth time. */
async function judgeWhile(base: Base, time: number, meddle: () => void) {
  await settled(base.path);
  let reads = 0;
  return await base.judge({}, { onProgress: () => (++reads === time ? meddle() : undefined) });
}

const meddling: readonly (readonly [string, string, (path: string) => void])[] = [
  ['is written to', 'changed while', (path) => writeFileSync(path, 'x', { flag: 'a' })],
  [
    'is replaced, even by the same bytes,',
    'leads to another file',
    (path) => {
      writeFileSync(`${path}.new`, baseImage('good'));
      renameSync(`${path}.new`, path);
    },
  ],
  ['is removed', 'was removed', (path) => rmSync(path)],
];
for (const [what, words, meddle] of meddling) {
  test(`a base that ${what} while it is read is changed, and nothing of that read is remembered`, async () => {
    const base = await baseOf(baseImage('good'));
    const judged = await judgeWhile(base, 1, () => meddle(base.path));
    assert.equal(codes(judged), ['blob-changed']);
    assert.match(judged.findings[0]?.message ?? '', words);
    assert.is((await base.ledger.recall(base.blob)).seal, null);
    assert.is(receiptResult(base), null);
  });

  test(`a base that ${what} while a mismatch is confirmed is changed, and not called corrupt`, async () => {
    const base = await sealedBase(baseImage('good'), foreign);
    await flip(base.path, dataOffset(base.bytes));
    const judged = await judgeWhile(base, 2, () => meddle(base.path));
    assert.equal(codes(judged), ['blob-changed']);
    assert.is(receiptResult(base), null);
  });
}

test('a base that is written to between the look at its structure and the read of its content is changed', async () => {
  const base = await baseOf(baseImage('good'));
  await settled(base.path);
  const meddle = () => writeFileSync(base.path, baseImage('evil'), { flag: 'r+' });
  assert.equal(codes(await base.judge({}, { signal: meddlingSignal(1, meddle) })), ['blob-changed']);
  assert.is((await base.ledger.recall(base.blob)).seal, null);
});

test('a base that is cut short while its tables are walked is changed', async () => {
  const base = await baseOf(baseImage('good'));
  await settled(base.path);
  const signal = meddlingSignal(1, () => truncateSync(base.path, 65536));
  assert.equal(codes(await base.judge({}, { signal })), ['blob-changed']);
});

test.run();
