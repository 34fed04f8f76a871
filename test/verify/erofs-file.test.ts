import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ReadAt } from '../../lib/file/read-at.js';
import { judgeErofsFile } from '../../lib/verify/erofs-file.js';
import { buildErofs } from '../builders/erofs.js';

const test = suite('the file of a layer');

async function found(content: Buffer) {
  const read: ReadAt = async (offset, length) => content.subarray(offset, offset + length);
  const findings = await judgeErofsFile(read, content.length, '/layer');
  return findings.map(({ code, severity, subject, message }) => [code, severity, subject, message]);
}

test('is sound when its superblock is', async () => {
  assert.equal(await found(buildErofs({ content: Buffer.alloc(500, 1) })), []);
});

test('is malformed when it is no file system', async () => {
  const flaw = ['layer-malformed', 'error', '/layer', 'the layer is no EROFS image'];
  assert.equal(await found(Buffer.alloc(8192, 'no file system')), [flaw]);
});

test.run();
