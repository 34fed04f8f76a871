import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readReceipt } from '../../lib/trust/receipts.js';
import { type JudgedStructure, judgeStructure } from '../../lib/verify/blob-structure.js';
import { buildErofs } from '../builders/erofs.js';
import { readBuffer } from '../qcow2/in-memory.js';
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

/** What is judged of the bytes under a name. */
async function judged(blob: string, bytes: Buffer) {
  const request = { blob, path: '/x', size: bytes.length, signal: undefined, tables: 'unknown' } as const;
  const { findings, header, bad, sound }: JudgedStructure = await judgeStructure(readBuffer(bytes), request);
  return { codes: findings.map(({ code }) => code), hasHeader: header !== null, bad, sound };
}

test('a base, and whatever has no name of another kind, is a qcow2 image', async () => {
  for (const blob of ['ab'.repeat(32), 'ab', '']) {
    const good = { codes: [], hasHeader: true, bad: false, sound: true };
    assert.equal(await judged(blob, baseImage('good')), good);
    const dirty = { codes: ['blob-marked-dirty'], hasHeader: true, bad: false, sound: false };
    assert.equal(await judged(blob, baseImage('dirty', { incompatible: 1n })), dirty);
    const bad = { codes: ['blob-malformed'], hasHeader: false, bad: true, sound: false };
    assert.equal(await judged(blob, damaged('bad')), bad);
    assert.equal(await judged(blob, Buffer.from('no image')), bad);
  }
});

test('a layer is an EROFS image, and a boot file is bytes', async () => {
  const none = { codes: [], hasHeader: false, bad: false, sound: true };
  const layer = `${'ab'.repeat(32)}.erofs`;
  assert.equal(await judged(layer, buildErofs({})), none);
  assert.equal(await judged(layer, Buffer.from('no image')), {
    codes: ['layer-malformed'],
    hasHeader: false,
    bad: true,
    sound: false,
  });
  for (const ending of ['vmlinuz', 'initrd.img', 'vmlinux']) {
    assert.equal(await judged(`${'ab'.repeat(32)}.${ending}`, Buffer.from('no image')), none);
  }
});

test.run();
