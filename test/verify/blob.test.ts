import { spawnSync } from 'node:child_process';
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openState } from '../../lib/trust/state-directory.js';
import { ledgerOf } from '../../lib/verify/ledger.js';
import { asNobody, nobodysEnvironment } from '../support/as-nobody.js';
import { needs } from '../support/requires.js';
import { sha256 } from '../support/sha256.js';
import { type Base, baseImage, baseOf, codes, receiptResult, sealedBase } from './blobs.js';

const test = suite('base');

const foreign = 'cd'.repeat(32);
const child = fileURLToPath(new URL('judge-blob-child.ts', import.meta.url));

/** What is found without a read of the content: this one code, and nothing is hashed or remembered. */
async function stopsTheHash(base: Base, code: string, request = {}) {
  const judged = await base.judge(request);
  assert.equal(codes(judged), [code]);
  assert.equal([judged.hashed, judged.header], [null, null]);
  const { actual, how, readFrom, seconds } = judged.report;
  assert.equal([actual, how, readFrom, seconds], [null, null, null, null]);
  assert.is(judged.report.expected, judged.remembered.seal?.digest ?? `sha256:${base.blob}`);
  return judged;
}

test('a sound base that hashes to its name is good, is sealed so, and its read is remembered', async () => {
  const base = await baseOf(baseImage('good'));
  const judged = await base.judge();
  assert.equal(judged.findings, []);
  const { seconds, ...report } = judged.report;
  assert.ok((seconds ?? -1) >= 0);
  assert.equal(report, {
    path: base.path,
    bytes: base.bytes.length,
    expected: `sha256:${base.blob}`,
    actual: `sha256:${base.blob}`,
    basis: 'name',
    how: 'hashed',
    readFrom: 'cache',
  });
  assert.is(judged.header?.virtualSize, 4n * 2n ** 20n);
  assert.is(judged.hashed?.digest, base.blob);
  assert.is((await base.ledger.recall(base.blob)).seal?.basis, 'name');
  assert.equal([...base.ledger.problems], []);
  assert.equal((await base.judge()).findings, []);
});

test('both engines say the same of it', async () => {
  const base = await baseOf(baseImage('good'));
  assert.equal(codes(await base.judge({}, { engine: 'wasm' })), []);
  assert.equal(codes(await base.judge({}, { engine: 'native' })), []);
});

test('a base that is missing', async () => {
  const base = await baseOf(baseImage('good'));
  rmSync(base.path);
  const judged = await stopsTheHash(base, 'blob-missing');
  assert.is(judged.report.bytes, null);
});

const standIns: readonly (readonly [string, (path: string, aside: string) => void])[] = [
  ['directory', (path) => mkdirSync(path)],
  ['symlink', (path, aside) => symlinkSync(aside, path)],
];
for (const [what, make] of standIns) {
  test(`a ${what} in its place, even if it leads to the right content`, async () => {
    const base = await baseOf(baseImage('good'));
    renameSync(base.path, `${base.path}.aside`);
    make(base.path, `${base.path}.aside`);
    const judged = await stopsTheHash(base, 'blob-not-regular');
    assert.is(judged.findings[0]?.actual, what);
  });
}

test('a socket in its place', async () => {
  const base = await baseOf(baseImage('good'));
  rmSync(base.path);
  const server = createServer();
  // A socket's own name has 107 bytes at most.
  const short = join(dirname(dirname(base.path)), 's');
  await new Promise<void>((resolve) => server.listen(short, resolve));
  renameSync(short, base.path);
  const judged = await stopsTheHash(base, 'blob-not-regular');
  assert.is(judged.findings[0]?.actual, 'socket');
  await new Promise((resolve) => server.close(resolve));
});

needs(['mkfifo'], test, 'a FIFO that nobody writes to in its place does not hang', async () => {
  const base = await baseOf(baseImage('good'));
  rmSync(base.path);
  assert.is(spawnSync('mkfifo', [base.path]).status, 0);
  const judged = await stopsTheHash(base, 'blob-not-regular');
  assert.is(judged.findings[0]?.actual, 'fifo');
});

test('an empty base', async () => {
  const judged = await stopsTheHash(await baseOf(Buffer.alloc(0), foreign), 'blob-empty');
  assert.is(judged.report.bytes, 0);
});

test('a base of another size than the index says, by one byte; one entry that fits is enough', async () => {
  const base = await baseOf(baseImage('good'));
  const size = BigInt(base.bytes.length);
  const judged = await stopsTheHash(base, 'blob-size-mismatch', { indexedBytes: [size + 1n] });
  assert.is(judged.findings[0]?.expectedFrom, 'image index');
  assert.equal(codes(await base.judge({ indexedBytes: [size - 1n, size] })), []);
});

test('a base of another size than its seal says, by one byte, whatever the index says', async () => {
  const base = await baseOf(baseImage('good'));
  await base.judge();
  writeFileSync(base.path, Buffer.concat([base.bytes, Buffer.alloc(1)]));
  const judged = await stopsTheHash(base, 'blob-size-mismatch', { indexedBytes: [BigInt(base.bytes.length + 1)] });
  assert.is(judged.findings[0]?.expectedFrom, 'seal');
  assert.is(judged.report.basis, 'name');
  writeFileSync(base.path, base.bytes);
  assert.equal(codes(await base.judge({ indexedBytes: [1n] })), []);
});

test('the dirty bit of a base is a warning, and the base is sealed all the same', async () => {
  const base = await baseOf(baseImage('dirty', { incompatible: 1n }));
  const judged = await base.judge();
  assert.equal(codes(judged), ['blob-marked-dirty']);
  assert.is(judged.findings[0]?.severity, 'warning');
  assert.ok(judged.header);
  assert.is((await base.ledger.recall(base.blob)).seal?.basis, 'name');
});

test('a base with a backing file of its own is denied though it hashes to its name', async () => {
  const base = await baseOf(baseImage('x', { backing: { name: '/etc/shadow', format: 'raw' } }));
  const judged = await base.judge();
  assert.equal(codes(judged), ['blob-has-backing']);
  assert.is(judged.header, null);
  assert.is(judged.report.actual, `sha256:${base.blob}`);
});

test('a base of another format is malformed, and what it is called is its hash all the same', async () => {
  const base = await baseOf(Buffer.alloc(70_000, 'raw'));
  assert.equal(codes(await base.judge()), ['blob-malformed']);
});

test('data beyond the last cluster is no finding of a base', async () => {
  const base = await baseOf(Buffer.concat([baseImage('x'), Buffer.alloc(65536, 'tail')]));
  assert.equal(codes(await base.judge()), []);
});

test('without a state directory nothing is remembered, and the verdict is the same', async () => {
  const base = await baseOf(baseImage('good'));
  const ledger = ledgerOf(await openState(null, dirname(base.path)), 'test');
  const judged = await base.judge({}, { ledger });
  assert.equal(codes(judged), []);
  assert.is(judged.report.basis, null);
  assert.equal([...ledger.problems], []);
  assert.not.ok(existsSync(base.state.path ?? ''));
});

test('an interruption is no finding', async () => {
  const base = await baseOf(baseImage('good'));
  try {
    await base.judge({}, { signal: AbortSignal.abort() });
  } catch (error) {
    assert.is((error as { code?: string }).code, 'aborted');
    assert.is(receiptResult(base), null);
    return;
  }
  assert.unreachable();
});

/** Judges the base in a process of its own, as somebody else if we are root, and gives its findings. */
function judgedByNobody(base: Base): { code: string; severity: string; message: string }[] {
  const argv = [process.execPath, '--import', 'tsx', child, base.path];
  const [command = '', ...args] = process.geteuid?.() === 0 ? [...asNobody, ...argv] : argv;
  const run = spawnSync(command, args, { encoding: 'utf8', env: nobodysEnvironment() });
  assert.is(run.status, 0, run.stderr);
  return JSON.parse(run.stdout);
}

needs(
  process.geteuid?.() === 0 ? ['nobody'] : [],
  test,
  'a base that we may not read is unverified; one that we may is judged',
  async () => {
    const base = await baseOf(baseImage('good'));
    chmodSync(dirname(dirname(realpathSync(base.path))), 0o755);
    assert.equal(judgedByNobody(base), []);
    chmodSync(base.path, 0);
    const [found, ...others] = judgedByNobody(base);
    assert.is(found?.code, 'blob-unreadable');
    assert.is(found?.severity, 'unverified');
    assert.match(found?.message ?? '', /EACCES: permission denied$/);
    assert.equal(others, []);
  },
);

test('what mappings have written is on the disk before a byte of it is hashed: from then on a store shows in the times', async () => {
  const base = await baseOf(baseImage('good'));
  const events: string[] = [];
  const { fsync } = fs;
  const flush = (descriptor: number, done: (error: NodeJS.ErrnoException | null) => void) => {
    const isBase = readlinkSync(`/proc/self/fd/${descriptor}`) === base.path;
    setTimeout(() => {
      if (isBase) events.push('flushed');
      fsync(descriptor, done);
    }, 20);
  };
  Object.assign(fs, { fsync: flush });
  syncBuiltinESMExports();
  try {
    await base.judge({}, { onProgress: () => events.push('hashed') });
  } finally {
    Object.assign(fs, { fsync });
    syncBuiltinESMExports();
  }
  assert.equal(events.slice(0, 2), ['flushed', 'hashed']);
});

test('what stands at a foreign name and is sealed is good', async () => {
  const base = await sealedBase(baseImage('converted'), foreign);
  const judged = await base.judge();
  assert.equal(codes(judged), []);
  assert.is(judged.report.basis, 'operator');
  assert.is(judged.report.expected, `sha256:${sha256(base.bytes)}`);
});

needs(['receipts'], test, 'a good read leaves a receipt, and a read that denies one that says so', async () => {
  const good = await baseOf(baseImage('good'));
  await good.judge();
  assert.is(receiptResult(good), 'good');
  const unsealed = await baseOf(baseImage('converted'), foreign);
  await unsealed.judge();
  assert.is(receiptResult(unsealed), 'unsealed');
});

test.run();
