import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Chunks, chunkSource } from '../../lib/archive/chunk-source.js';
import { inChunks } from './every-way.js';

const test = suite('reading from chunks');

const bytes = Buffer.from('0123456789abcdef');

/** Hands out the chunks in one and the same memory, and can drop, though never more than to the end of a chunk. */
function dropping(size: number): Chunks {
  const memory = Buffer.alloc(size);
  let at = 0;
  return {
    next: async () => {
      const length = bytes.copy(memory, 0, at, at + size);
      at += length;
      return length === 0 ? { done: true, value: undefined } : { done: false, value: memory.subarray(0, length) };
    },
    drop: async (length) => {
      const dropped = Math.min(length, bytes.length - at, Math.floor(size / 2));
      at += dropped;
      return dropped;
    },
  };
}

for (const [kind, chunksOf] of [
  ['of their own', (size: number) => inChunks(bytes, size)],
  ['in the same memory', dropping],
] as const) {
  test(`chunks ${kind}, of any size: filled, skipped and taken, in any order`, async () => {
    for (let size = 1; size <= 17; size++) {
      const source = chunkSource(chunksOf(size));
      const three = Buffer.alloc(3);
      assert.is(await source.fill(three), 3);
      assert.is(String(three), '012');
      assert.is(await source.skip(5), 5);
      assert.is(source.position(), 8);
      assert.is(String(await source.peek(2)), '89');
      assert.is(source.position(), 8);
      assert.is(await source.skip(0), 0);
      const chunk = await source.next();
      assert.ok(chunk !== null && chunk[0] === 0x38);
      source.unread(chunk.subarray(1));
      assert.is(source.position(), 9);
      assert.is(await source.fill(three), 3);
      assert.is(String(three), '9ab');
      assert.is(await source.skip(100), 4);
      assert.is(source.position(), 16);
      assert.is(await source.fill(three), 0);
      assert.is(await source.skip(1), 0);
      assert.is((await source.peek(1)).length, 0);
      assert.is(await source.next(), null);
    }
  });
}

test.run();
