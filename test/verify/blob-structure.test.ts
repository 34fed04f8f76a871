import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readReceipt } from '../../lib/trust/receipts.js';
import { needs } from '../support/requires.js';
import {
  type Base,
  baseImage,
  baseOf,
  codes,
  flip,
  forge,
  receiptFile,
  sealedBase,
  whatReceiptsNeed,
} from './blobs.js';

const test = suite('the tables of a base that was read before');

const remembering = await whatReceiptsNeed();
const here = (name: string, run: () => Promise<void>) => needs(remembering, test, name, run);

/** What the receipt says of header and tables. */
async function structureOf(base: Base): Promise<string | undefined> {
  const read = await readReceipt(base.state, base.blob);
  if (read.kind === 'none') throw new Error('there is no receipt');
  return read.receipt.structure;
}

/** An image one of whose L2 entries has a reserved bit set: nothing of it shows in the header. */
function damaged(text: string): Buffer {
  const image = baseImage(text);
  const l1 = Number(image.readBigUInt64BE(40));
  const l2 = Number(image.readBigUInt64BE(l1) & 0x00fffffffffffe00n);
  image.writeUInt8(image.readUInt8(l2 + 7) | 2, l2 + 7);
  return image;
}

/** A base with damaged tables that is sealed, and whose receipt says what `fields` say. */
async function damagedBase(text: string, fields: Readonly<Record<string, unknown>>): Promise<Base> {
  const base = await sealedBase(damaged(text), 'ab'.repeat(32));
  assert.equal(codes(await base.judge()), ['blob-malformed']);
  forge(receiptFile(base), fields);
  return base;
}

here('a sound one is remembered as sound', async () => {
  const base = await baseOf(baseImage('sound'));
  assert.is((await base.judge()).structure, 'sound');
  assert.is(await structureOf(base), 'sound');
  const again = await base.judge();
  assert.is(again.report.how, 'receipt');
  assert.is(again.structure, 'sound');
  assert.is.not(again.header, null);
});

here('one that is found damaged is not, and is found again by every check', async () => {
  const base = await damagedBase('damaged', {});
  assert.is(await structureOf(base), undefined);
  const again = await base.judge();
  assert.is(again.report.how, 'receipt');
  assert.equal(codes(again), ['blob-malformed']);
});

here('they are not walked again where the receipt speaks for the file and calls them sound', async () => {
  const base = await damagedBase('believed', { structure: 'sound' });
  assert.equal(codes(await base.judge()), []);
});

here('they are walked by another version, by a full read, and of a file that was touched', async () => {
  const other = await damagedBase('another version', { structure: 'sound', tool: 'older' });
  assert.equal(codes(await other.judge()), ['blob-malformed']);

  const base = await damagedBase('a full read', { structure: 'sound' });
  assert.equal(codes(await base.judge({}, { content: 'read' })), ['blob-malformed']);
  assert.is(await structureOf(base), undefined);

  const touched = await damagedBase('touched', { structure: 'sound' });
  await flip(touched.path, touched.bytes.length - 1);
  await flip(touched.path, touched.bytes.length - 1);
  assert.equal(readFileSync(touched.path), touched.bytes);
  assert.equal(codes(await touched.judge()), ['blob-malformed']);
});

test.run();
