import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hashFile } from '../../lib/digest/hash-file.js';
import { type BlobKind, blobName, blobPath } from '../../lib/store/blob.js';
import { openState } from '../../lib/trust/state-directory.js';
import { ledgerOf } from '../../lib/verify/ledger.js';
import { provedDigest } from '../../lib/verify/proved-digest.js';
import { sha256 } from '../support/sha256.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('what a kernel must be because of the packed one beside it');

const hex = 'ab'.repeat(32);
const elf = Buffer.concat([Buffer.from('\x7fELF', 'latin1'), Buffer.alloc(200, 'kernel')]);
const packed = Buffer.concat([Buffer.from('MZ'), gzipSync(elf)]);

/** A root with a packed kernel, which is sealed; and what it proves of the one that is unpacked. */
async function kernel(bytes: Buffer) {
  const root = temporaryDirectory();
  const path = blobPath(root, { kind: 'kernel', hex });
  const ledger = ledgerOf(await openState(temporaryDirectory(), root), 'test');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  await ledger.seal(blobName({ kind: 'kernel', hex }), await hashFile(path), 'operator');
  const proved = async (kind: BlobKind = 'vmlinux') =>
    await provedDigest({ blob: blobName({ kind, hex }), path: blobPath(root, { kind, hex }) }, ledger);
  return { path, ledger, proved };
}

test('is what the packed one becomes when cocoon unpacks it', async () => {
  const { proved } = await kernel(packed);
  assert.is(await proved(), `sha256:${sha256(elf)}`);
});

test('is proved of nothing but an unpacked kernel', async () => {
  const { proved } = await kernel(packed);
  for (const kind of ['kernel', 'initrd', 'layer'] as const) assert.is(await proved(kind), null);
});

test('is proved of nothing that is no blob', async () => {
  const { path, ledger } = await kernel(packed);
  assert.is(await provedDigest({ blob: 'no blob', path }, ledger), null);
});

test('is proved by no kernel that nobody sealed', async () => {
  const { path, ledger } = await kernel(packed);
  const other = 'cd'.repeat(32);
  assert.is(await provedDigest({ blob: blobName({ kind: 'vmlinux', hex: other }), path }, ledger), null);
});

test('is proved by no kernel that is not what its seal says', async () => {
  const { path, proved } = await kernel(packed);
  writeFileSync(path, Buffer.concat([Buffer.from('MZ, too'), gzipSync(elf)]));
  assert.is(await proved(), null);
});

test('is proved by no kernel that is not there, or is no file', async () => {
  const { path, proved } = await kernel(packed);
  rmSync(path);
  assert.is(await proved(), null);
  mkdirSync(path);
  assert.is(await proved(), null);
});

test('is proved by no kernel that unpacks to nothing', async () => {
  const { proved } = await kernel(Buffer.from('MZ, and nothing packed'));
  assert.is(await proved(), null);
});

test.run();
