import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hashFile } from '../../lib/digest/hash-file.js';
import { defaultPlace } from '../../lib/finding/remedy.js';
import { blobName, blobPath } from '../../lib/store/blob.js';
import { openState } from '../../lib/trust/state-directory.js';
import { judgeBlob } from '../../lib/verify/blob.js';
import type { BlobOptions } from '../../lib/verify/blob-content.js';
import { ledgerOf } from '../../lib/verify/ledger.js';
import { temporaryDirectory } from '../support/temporary.js';
import { codes } from './blobs.js';

const test = suite('a blob that a sealed one proves');

const hex = 'ab'.repeat(32);
const elf = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(200, 'kernel')]);
const blob = blobName({ kind: 'vmlinux', hex });

/** A kernel as cocoon unpacked it, beside the packed one, which is sealed. */
async function unpacked(content: Buffer) {
  const root = temporaryDirectory();
  const packed = blobPath(root, { kind: 'kernel', hex });
  const path = blobPath(root, { kind: 'vmlinux', hex });
  mkdirSync(dirname(packed), { recursive: true });
  writeFileSync(packed, Buffer.concat([Buffer.from('MZ'), gzipSync(elf)]));
  writeFileSync(path, content);
  const directory = temporaryDirectory();
  const state = await openState(directory, root);
  const ledger = ledgerOf(state, 'test');
  await ledger.seal(blobName({ kind: 'kernel', hex }), await hashFile(packed), 'operator');
  const options = {
    engine: 'native',
    content: 'read',
    direct: false,
    ledger,
    place: defaultPlace,
    onProgress: () => {},
  };
  const judge = () => judgeBlob({ blob, path, indexedBytes: [] }, options as unknown as BlobOptions);
  return { judge, ledger, seal: join(directory, 'seals', state.key, `${blob}.json`) };
}

test('is good where it has what is proved, and is sealed as proved', async () => {
  const { judge, ledger } = await unpacked(elf);
  const judged = await judge();
  assert.equal([codes(judged), judged.report.basis], [[], 'proved']);
  assert.is((await ledger.recall(blob)).seal?.basis, 'proved');
});

test('is unsealed where it has anything else', async () => {
  const { judge, ledger } = await unpacked(Buffer.concat([elf, Buffer.from('more')]));
  const judged = await judge();
  assert.equal([codes(judged), judged.report.basis], [['blob-unsealed'], null]);
  assert.is((await ledger.recall(blob)).seal, null);
});

test('is not good by a proof where it has a seal that cannot be read: that may say otherwise', async () => {
  const { judge, seal } = await unpacked(elf);
  await judge();
  truncateSync(seal, 100);
  const judged = await judge();
  assert.equal(codes(judged), ['seal-unreadable']);
  assert.is(judged.findings[0]?.severity, 'unverified');
});

test.run();
