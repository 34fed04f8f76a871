import type { BigIntStats } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { whyNotOurOwn, whyNotOurs, whyWritable } from '../../lib/file/ownership.js';

const test = suite('whose word a file is');

const stats = (uid: number, mode: number) => ({ uid: BigInt(uid), mode: BigInt(mode) }) as BigIntStats;
const us = process.geteuid?.() ?? 0;

test('root’s and ours is our own, and nobody else’s', () => {
  for (const uid of [0, us]) assert.is(whyNotOurOwn(stats(uid, 0o100644)), null);
  assert.is(whyNotOurOwn(stats(us + 1, 0o100644)), `belongs to user ${us + 1}`);
});

test('others can write by the bits of the group and of all', () => {
  for (const mode of [0o100644, 0o100755, 0o40700, 0o104755]) assert.is(whyWritable(stats(0, mode)), null);
  assert.is(whyWritable(stats(0, 0o100664)), 'others can write it (mode 0664)');
  assert.is(whyWritable(stats(0, 0o100602)), 'others can write it (mode 0602)');
  assert.is(whyWritable(stats(0, 0o41777)), 'others can write it (mode 1777)');
});

test('the owner is told first', () => {
  assert.is(whyNotOurs(stats(us + 1, 0o100666)), `belongs to user ${us + 1}`);
  assert.is(whyNotOurs(stats(0, 0o100666)), 'others can write it (mode 0666)');
  assert.is(whyNotOurs(stats(us, 0o100600)), null);
});

test.run();
