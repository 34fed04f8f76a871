import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hashFile } from '../../lib/digest/hash-file.js';
import { isRacy } from '../../lib/file/identity-proof.js';
import { identityFromRecord, type Receipt } from '../../lib/trust/receipt-record.js';
import { isAnotherFile, readReceipt, voidReceipt, writeReceipt } from '../../lib/trust/receipts.js';
import { openState } from '../../lib/trust/state-directory.js';
import { needs } from '../support/requires.js';
import { settled } from '../support/settled.js';
import { traced } from '../support/traced.js';
import { BLOB, blobFile, fileOf, OTHER_BLOB, type Place, place } from './states.js';

const test = suite('trust/receipts');

/** A full read of the store's blob as it is now, remembered. */
async function remember(at: Place, path: string, result: 'good' | 'bad') {
  await settled(path);
  const hashed = await hashFile(path);
  return {
    hashed,
    outcome: await writeReceipt(at.state, { blob: BLOB, path, hashed, result, structure: 'unknown', tool: '0.1.0' }),
  };
}

async function receiptOf(at: Place): Promise<Receipt> {
  const read = await readReceipt(at.state, BLOB);
  if (read.kind === 'none') throw new Error(read.problem ?? 'there is no receipt');
  return read.receipt;
}

async function ignored(at: Place): Promise<string> {
  const read = await readReceipt(at.state, BLOB);
  return read.kind === 'none' ? (read.problem ?? '') : '';
}

needs(['receipts'], test, 'a good read is read back with the identity of the file', async () => {
  const at = await place();
  const { hashed, outcome } = await remember(at, blobFile(at), 'good');
  if (outcome.kind !== 'written') return assert.unreachable(outcome.reason);
  const receipt = await receiptOf(at);
  assert.equal(receipt, outcome.receipt);
  assert.equal(identityFromRecord(receipt.identity), hashed.after);
  assert.is(receipt.digest, `sha256:${hashed.digest}`);
  assert.is(receipt.size, 10_000);
  assert.is(receipt.result, 'good');
  assert.is(receipt.readFrom, 'cache');
  assert.is(Date.parse(receipt.at), Number(hashed.startedNs / 1_000_000n));
  assert.is(receipt.lastGood, null);
});

needs(
  ['receipts'],
  test,
  'a bad read replaces the good one and keeps what the good one said, also through the next bad one',
  async () => {
    const at = await place();
    const path = blobFile(at);
    await remember(at, path, 'good');
    const good = await receiptOf(at);
    fs.appendFileSync(path, 'rot');
    for (let round = 0; round < 2; round++) {
      await remember(at, path, 'bad');
      const bad = await receiptOf(at);
      assert.is(bad.result, 'bad');
      assert.equal(bad.lastGood, { digest: good.digest, identity: good.identity, at: good.at });
    }
  },
);

needs(['receipts'], test, 'a bad first read has no last good one', async () => {
  const at = await place();
  await remember(at, blobFile(at), 'bad');
  const receipt = await receiptOf(at);
  assert.is(receipt.lastGood, null);
  assert.is(isAnotherFile(receipt, identityFromRecord(receipt.identity)), null);
});

needs(
  ['receipts'],
  test,
  'the file that was good is told from another one in its place, before and after the bad read',
  async () => {
    const at = await place();
    const path = blobFile(at);
    const { hashed } = await remember(at, path, 'good');
    assert.is(isAnotherFile(await receiptOf(at), hashed.after), false);
    fs.appendFileSync(path, 'rot');
    const rotten = await remember(at, path, 'bad');
    assert.is(isAnotherFile(await receiptOf(at), rotten.hashed.after), false);
    fs.writeFileSync(`${path}.new`, 'other');
    fs.renameSync(`${path}.new`, path);
    const replaced = await hashFile(path);
    assert.is(isAnotherFile(await receiptOf(at), replaced.after), true);
    await remember(at, path, 'bad');
    assert.is(isAnotherFile(await receiptOf(at), replaced.after), true);
  },
);

needs(['receipts'], test, 'an inode that was used again is another file by its birth time', async () => {
  const at = await place();
  const { hashed } = await remember(at, blobFile(at), 'good');
  const again = { ...hashed.after, birthtimeNs: hashed.after.birthtimeNs + 1n };
  assert.is(isAnotherFile(await receiptOf(at), again), true);
});

test('a read is racy when the file changed within the clock’s grain before it, or after it began', () => {
  const second = 1_000_000_000n;
  const identity = { inode: 1n, size: 1n, mtimeNs: 0n, ctimeNs: 100n * second + 5n, birthtimeNs: 0n };
  const { ctimeNs } = identity;
  assert.ok(isRacy(identity, ctimeNs - 1n));
  assert.ok(isRacy(identity, ctimeNs));
  assert.ok(isRacy(identity, ctimeNs + 20_000_000n));
  assert.not.ok(isRacy(identity, ctimeNs + 20_000_001n));
});

test('a ctime in whole seconds makes the whole second racy', () => {
  const second = 1_000_000_000n;
  const identity = { inode: 1n, size: 1n, mtimeNs: 0n, ctimeNs: 100n * second, birthtimeNs: 0n };
  assert.ok(isRacy(identity, 101n * second));
  assert.not.ok(isRacy(identity, 101n * second + 20_000_001n));
});

needs(['receipts'], test, 'a racy good read is not remembered, and the receipt before it stays', async () => {
  const at = await place();
  const path = blobFile(at);
  await remember(at, path, 'good');
  const before = await receiptOf(at);
  const hashed = await hashFile(path);
  const racy = { ...hashed, startedNs: hashed.after.ctimeNs };
  const outcome = await writeReceipt(at.state, {
    blob: BLOB,
    path,
    hashed: racy,
    result: 'good',
    structure: 'unknown',
    tool: '0.1.0',
  });
  assert.is(outcome.kind, 'not-written');
  if (outcome.kind === 'not-written') assert.is(outcome.problem, null);
  assert.equal(await receiptOf(at), before);
});

const withoutProof = [
  ['the file changed while it was read', 'meanwhile'],
  ['the file is gone', 'gone'],
  ['the file changed after it was read', 'afterwards'],
] as const;
for (const [reason, what] of withoutProof) {
  needs(['receipts'], test, `a good read is not remembered when ${reason}, and nobody is warned of that`, async () => {
    const at = await place();
    const path = blobFile(at);
    await settled(path);
    let hashed = await hashFile(path);
    if (what === 'meanwhile') hashed = { ...hashed, changed: 'content' };
    if (what === 'gone') fs.rmSync(path);
    if (what === 'afterwards') fs.appendFileSync(path, 'x');
    const outcome = await writeReceipt(at.state, {
      blob: BLOB,
      path,
      hashed,
      result: 'good',
      structure: 'unknown',
      tool: '0.1.0',
    });
    assert.equal(outcome, { kind: 'not-written', reason, problem: null });
    assert.not.ok(fs.existsSync(fileOf(at, 'receipts')));
  });
}

for (const what of ['racy', 'gone', 'changed afterwards'] as const) {
  needs(
    ['receipts'],
    test,
    `a bad read needs no proof of the identity (${what}), and keeps what the last good one said`,
    async () => {
      const at = await place();
      const path = blobFile(at);
      await remember(at, path, 'good');
      const good = await receiptOf(at);
      let hashed = await hashFile(path);
      if (what === 'racy') hashed = { ...hashed, startedNs: hashed.after.ctimeNs };
      if (what === 'gone') fs.rmSync(path);
      if (what === 'changed afterwards') fs.appendFileSync(path, 'x');
      const outcome = await writeReceipt(at.state, {
        blob: BLOB,
        path,
        hashed,
        result: 'bad',
        structure: 'unknown',
        tool: '0.1.0',
      });
      assert.is(outcome.kind, 'written');
      const bad = await receiptOf(at);
      assert.is(bad.result, 'bad');
      assert.equal(bad.lastGood?.identity, good.identity);
    },
  );
}

needs(
  ['receipts'],
  test,
  'a bad read of a file that changed meanwhile says nothing, and takes the good receipt away',
  async () => {
    const at = await place();
    const path = blobFile(at);
    await remember(at, path, 'good');
    const hashed = { ...(await hashFile(path)), changed: 'content' as const };
    const outcome = await writeReceipt(at.state, {
      blob: BLOB,
      path,
      hashed,
      result: 'bad',
      structure: 'unknown',
      tool: '0.1.0',
    });
    assert.is(outcome.kind, 'not-written');
    assert.equal(await readReceipt(at.state, BLOB), { kind: 'none', problem: null });
  },
);

needs(['receipts'], test, 'without a state directory a read is forgotten without a problem', async () => {
  const at = await place();
  const path = blobFile(at);
  const hashed = await hashFile(path);
  const state = await openState(null, at.root);
  const outcome = await writeReceipt(state, {
    blob: BLOB,
    path,
    hashed,
    result: 'good',
    structure: 'unknown',
    tool: '0.1.0',
  });
  assert.is(outcome.kind === 'not-written' ? outcome.problem : '', null);
});

needs(
  ['receipts', 'root'],
  test,
  'who may not write in the state directory forgets a read without a problem',
  async () => {
    const at = await place();
    const path = blobFile(at);
    await remember(at, path, 'good');
    const before = await receiptOf(at);
    const hashed = await hashFile(path);
    fs.chmodSync(join(at.directory, '..'), 0o755);
    process.seteuid?.(12345);
    try {
      const read = { blob: BLOB, path, hashed, result: 'good', structure: 'unknown', tool: '0.1.0' } as const;
      const reason = 'nothing can be remembered there';
      assert.equal(await writeReceipt(at.state, read), { kind: 'not-written', reason, problem: null });
    } finally {
      process.seteuid?.(0);
    }
    assert.equal(await receiptOf(at), before);
  },
);

needs(['receipts'], test, 'on a file system whose identities prove nothing a read is not remembered', async () => {
  const at = await place();
  // A regular file on procfs cannot be hashed: the read is that of another file, long after its last change.
  const path = '/proc/self/status';
  const hashed = { ...(await hashFile(blobFile(at))), startedNs: 2n ** 62n };
  const outcome = await writeReceipt(at.state, {
    blob: BLOB,
    path,
    hashed,
    result: 'good',
    structure: 'unknown',
    tool: '0.1.0',
  });
  assert.match(outcome.kind === 'not-written' ? outcome.reason : '', 'an identity proves nothing');
});

needs(['receipts'], test, 'a receipt that was voided is gone', async () => {
  const at = await place();
  await remember(at, blobFile(at), 'good');
  assert.equal(await voidReceipt(at.state, BLOB), { gone: true, problem: null });
  assert.equal(await readReceipt(at.state, BLOB), { kind: 'none', problem: null });
});

const damages: readonly (readonly [string, (path: string) => void, string])[] = [
  ['truncated', (path) => fs.truncateSync(path, 200), 'not JSON'],
  ['empty', (path) => fs.truncateSync(path), 'not JSON'],
  ['edited', (path) => edit(path, '"result": "good"', '"result": "bad"'), 'checksum'],
  ['newer', (path) => edit(path, '"version": 1', '"version": 2'), 'its version 2 is not known'],
  ['extended', (path) => edit(path, '"version": 1', '"version": 1, "more": 1'), 'more'],
  ['world-writable', (path) => fs.chmodSync(path, 0o666), 'others can write it'],
  [
    'a symbolic link',
    (path) => {
      fs.renameSync(path, `${path}.real`);
      fs.symlinkSync(`${path}.real`, path);
    },
    'not a regular file but a symlink',
  ],
];

function edit(path: string, from: string, to: string): void {
  fs.writeFileSync(path, fs.readFileSync(path, 'utf8').replace(from, to));
}

for (const [what, damage, reason] of damages) {
  needs(['receipts'], test, `a receipt that is ${what} is ignored, with the reason`, async () => {
    const at = await place();
    await remember(at, blobFile(at), 'good');
    damage(fileOf(at, 'receipts'));
    assert.match(await ignored(at), reason);
    assert.match(await ignored(at), fileOf(at, 'receipts'));
  });
}

needs(['receipts'], test, 'the receipt of another blob, or of another store, is ignored', async () => {
  const at = await place();
  await remember(at, blobFile(at), 'good');
  fs.cpSync(fileOf(at, 'receipts'), fileOf(at, 'receipts', OTHER_BLOB));
  const read = await readReceipt(at.state, OTHER_BLOB);
  assert.match(read.kind === 'none' ? (read.problem ?? '') : '', `it is the receipt of ${BLOB}`);
  const other = await openState(at.directory, join(at.root, '..'));
  const receipts = join(at.directory, 'receipts');
  fs.renameSync(join(receipts, at.state.key), join(receipts, other.key));
  assert.is((await readReceipt(other, BLOB)).kind, 'none');
});

needs(['receipts', 'root'], test, 'the receipt of another user is ignored', async () => {
  const at = await place();
  await remember(at, blobFile(at), 'good');
  fs.chownSync(fileOf(at, 'receipts'), 12345, 0);
  assert.match(await ignored(at), 'belongs to user 12345');
});

needs(
  ['strace', 'receipts'],
  test,
  'a good read is remembered after the blob is on the disk, and not where that fails',
  async () => {
    const at = await place();
    const path = blobFile(at);
    await settled(path);
    const child = fileURLToPath(new URL('receipt-child.ts', import.meta.url));
    const words = [process.execPath, '--import', 'tsx', child, at.directory, at.root, BLOB, path];
    const { calls, stdout } = traced(words, 'fsync,rename');
    assert.is(stdout, 'written\n');
    const flushed = calls.findIndex((call) => call.includes(`<${path}>`) && call.includes('fsync'));
    const named = calls.findIndex((call) => call.includes('rename(') && call.includes('/receipts/'));
    assert.ok(flushed !== -1 && flushed < named, calls.join('\n'));
    fs.rmSync(fileOf(at, 'receipts'));
    const failing = traced(words, 'fsync,rename', ['-P', path, '-e', 'inject=fsync:error=EIO']);
    assert.is(failing.stdout, `not-written\n${path} cannot be flushed: EIO: i/o error\n`);
    assert.not(fs.existsSync(fileOf(at, 'receipts')));
  },
);

test.run();
