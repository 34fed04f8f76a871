/** A disk that rots, and one that cannot be read. */

import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { baseBytes, imageUrl, type SmallNode, smallNode, snapshotOn } from '../builders/small-node.js';
import { amount, tally } from '../long/amount.js';
import { codesOf, program, verifyJson } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { sha256 } from '../support/sha256.js';
import { traced } from '../support/traced.js';
import { verifyNode } from '../support/verify-node.js';

const test = suite('threats: a disk that rots');

function flipBit(path: string, bit: number): void {
  const file = openSync(path, 'r+');
  const byte = Buffer.alloc(1);
  const at = Math.floor(bit / 8);
  readSync(file, byte, 0, 1, at);
  writeSync(file, Buffer.from([byte.readUInt8() ^ (1 << (bit % 8))]), 0, 1, at);
  closeSync(file);
}

test('one flipped bit anywhere in a base is found by a full read, and flipped back it is good again', async () => {
  const node = smallNode();
  await settled(node.blob);
  const read = async () => (await verifyNode(node, undefined, { content: 'read' })).snapshots[0];
  assert.equal(codesOf(await read()), []);
  const bits = statSync(node.blob).size * 8;
  const flips = amount(24, 1000);
  let [denied, allowed] = [0, 0];
  for (let count = 0; count < flips; count++) {
    // The first and the last bit, and between them steps that hit every part of the header and every table.
    const bit =
      count === 0 ? 0 : count === 1 ? bits - 1 : count % 2 === 0 ? (count * 131) % 4096 : (count * 7_368_787) % bits;
    flipBit(node.blob, bit);
    const entry = await read();
    if (entry?.verdict === 'deny' && codesOf(entry)[0] === 'blob-corrupt') denied += 1;
    else if (entry?.verdict === 'allow') allowed += 1;
    flipBit(node.blob, bit);
  }
  tally('one flipped bit anywhere in a base', { flips, denied, 'false allows': allowed });
  assert.equal([denied, allowed], [flips, 0]);
  assert.equal(codesOf(await read()), []);
});

/** Two snapshots, on a base each. */
function twoBases(): SmallNode & { readonly other: string } {
  const image = { ref: 'https://images.example.com/other.img', bytes: baseBytes('other') };
  const node = smallNode({ images: [image] });
  const { report } = verifyJson([...node.options, '--image', image.ref]);
  const other = report.images[0]?.blobs[0]?.path ?? '';
  return { ...node, other };
}

needs(
  ['strace'],
  test,
  'a base that cannot be read is unverified, with the offset, and the others get their verdicts',
  () => {
    const node = twoBases();
    const words = ['verify', '--json', '--max-age', '0', ...node.options, '--image', imageUrl, '--image'];
    const bad = ['-P', node.blob, '-e', 'inject=pread64,preadv,preadv2,read:error=EIO:when=6+'];
    const argv = [process.execPath, program, ...words, 'https://images.example.com/other.img'];
    const run = traced(argv, 'pread64,preadv,preadv2,read', bad);
    assert.is(run.status, 3, run.stderr);
    const { images } = JSON.parse(run.stdout);
    assert.equal(codesOf(images[0]), ['blob-unreadable']);
    assert.match(images[0].findings[0].message, /byte \d+: EIO/);
    assert.is(images[1].verdict, 'allow', JSON.stringify(images[1].findings));
  },
);

/** How often the whole of the base is read by one check, and what comes of it. */
function readsOf(node: SmallNode): { readonly reads: number; readonly codes: readonly string[] } {
  const argv = [process.execPath, program, 'verify', '--json', ...node.options, 'app:v1'];
  const { calls, stdout } = traced(argv, 'pread64,preadv,preadv2,read', ['-P', node.blob]);
  const bytes = calls.reduce((sum, call) => sum + Number(/ = (\d+)$/.exec(call)?.[1] ?? 0), 0);
  const [entry] = JSON.parse(stdout).snapshots;
  // Beside its content the header and the tables are read, which are a part of it.
  return { reads: Math.floor(bytes / statSync(node.blob).size), codes: codesOf(entry) };
}

needs(
  ['strace', 'receipts'],
  test,
  'a base of which nothing is known is read once, one that differs from its seal twice, and a good one once',
  async () => {
    const unknown = smallNode({ digest: 'cd'.repeat(32) });
    await settled(unknown.blob);
    assert.equal(readsOf(unknown), { reads: 1, codes: ['blob-unsealed'] });
    const good = smallNode();
    await settled(good.blob);
    assert.equal(readsOf(good), { reads: 1, codes: [] });
    flipBit(good.blob, statSync(good.blob).size * 8 - 9);
    assert.equal(readsOf(good), { reads: 2, codes: ['blob-corrupt'] });
  },
);

test('of two snapshots on two bases a rotten one denies only who stands on it', async () => {
  const node = smallNode({
    images: [{ ref: 'https://images.example.com/other.img', bytes: baseBytes('other') }],
    more: (_base, blob) => {
      const other = sha256(baseBytes('other'));
      return [
        snapshotOn('other:v1', other, blob.replace(/[0-9a-f]{64}/, other), {
          image: 'https://images.example.com/other.img',
        }),
      ];
    },
  });
  await settled(node.blob);
  assert.is(verifyJson([...node.options, '--all']).status, 0);
  flipBit(node.blob, statSync(node.blob).size * 8 - 9);
  const { report } = verifyJson([...node.options, '--all', '--max-age', '0']);
  assert.equal(
    report.snapshots.map(({ name, verdict }) => [name, verdict]),
    [
      ['app:v1', 'deny'],
      ['other:v1', 'allow'],
    ],
  );
});

test.run();
