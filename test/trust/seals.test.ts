import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_HISTORY } from '../../lib/trust/seal-record.js';
import { listSeals, readSeal, replaceSeal, writeSeal } from '../../lib/trust/seals.js';
import { openState } from '../../lib/trust/state-directory.js';
import { stepwise } from '../races/stepwise.js';
import { needs } from '../support/requires.js';
import { BLOB, decision, fileOf, OTHER_BLOB, type Place, place } from './states.js';

const test = suite('trust/seals');
const child = fileURLToPath(new URL('seal-child.ts', import.meta.url));

/** Runs the child and gives its lines. */
function seal(at: Place, ...words: string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const run = spawn(process.execPath, ['--import', 'tsx', child, at.directory, at.root, ...words]);
    let output = '';
    run.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    run.stderr.pipe(process.stderr);
    run.on('error', reject);
    run.on('close', () => resolve(output.trim().split('\n')));
  });
}

async function unreadable(at: Place): Promise<string> {
  const read = await readSeal(at.state, BLOB);
  assert.is(read.kind, 'unreadable');
  return read.kind === 'unreadable' ? read.reason : '';
}

test('a seal is read back as it was written, with its store and an empty history', async () => {
  const at = await place();
  const written = await writeSeal(at.state, decision());
  assert.is(written.kind, 'written');
  const read = await readSeal(at.state, BLOB);
  if (read.kind !== 'sealed' || written.kind !== 'written') return assert.unreachable();
  assert.equal(read.seal, written.seal);
  const { checksum, ...fields } = read.seal;
  assert.equal(fields, { ...decision(), version: 1, store: fs.realpathSync(at.root), history: [] });
  assert.is(checksum.length, 64);
});

test('an existing seal is kept and handed back', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  const second = await writeSeal(at.state, decision({ digest: `sha256:${OTHER_BLOB}`, basis: 'operator' }));
  assert.is(second.kind, 'kept');
  if (second.kind === 'kept') assert.is(second.seal.basis, 'name');
});

test('a new seal takes the receipt away first; a kept one leaves it', async () => {
  const at = await place();
  fs.mkdirSync(join(at.directory, 'receipts', at.state.key), { recursive: true, mode: 0o755 });
  fs.writeFileSync(fileOf(at, 'receipts'), '{}');
  await writeSeal(at.state, decision());
  assert.not.ok(fs.existsSync(fileOf(at, 'receipts')));
  fs.writeFileSync(fileOf(at, 'receipts'), '{}');
  await writeSeal(at.state, decision());
  assert.ok(fs.existsSync(fileOf(at, 'receipts')));
  await replaceSeal(at.state, decision());
  assert.not.ok(fs.existsSync(fileOf(at, 'receipts')));
});

test('a receipt that cannot be taken away keeps the seal from being written', async () => {
  const at = await place();
  fs.mkdirSync(fileOf(at, 'receipts'), { recursive: true, mode: 0o755 });
  const written = await writeSeal(at.state, decision());
  assert.match(written.kind === 'not-written' ? (written.problem ?? '') : '', 'cannot be removed');
  assert.is((await readSeal(at.state, BLOB)).kind, 'none');
});

test('a replaced seal stands in the history, the latest first, and the history has an end', async () => {
  const at = await place();
  await writeSeal(at.state, decision({ size: 0 }));
  for (let size = 1; size <= MAX_HISTORY + 3; size++) {
    assert.is((await replaceSeal(at.state, decision({ size, basis: 'operator' }))).kind, 'written');
  }
  const read = await readSeal(at.state, BLOB);
  if (read.kind !== 'sealed') return assert.unreachable();
  assert.is(read.seal.size, MAX_HISTORY + 3);
  assert.is(read.seal.history.length, MAX_HISTORY);
  assert.is(read.seal.history[0]?.size, MAX_HISTORY + 2);
  assert.is(read.seal.history[0]?.basis, 'operator');
});

test('replacing where there is no seal writes one', async () => {
  const at = await place();
  assert.is((await replaceSeal(at.state, decision())).kind, 'written');
  assert.is((await readSeal(at.state, BLOB)).kind, 'sealed');
});

test('an unreadable seal is never no seal, is not written over by sealing, and is by replacing', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  fs.truncateSync(fileOf(at, 'seals'), 100);
  assert.match(await unreadable(at), 'not JSON');
  assert.is((await writeSeal(at.state, decision())).kind, 'unreadable');
  assert.match(await unreadable(at), 'not JSON');
  const replaced = await replaceSeal(at.state, decision());
  assert.is(replaced.kind, 'written');
  if (replaced.kind === 'written') assert.equal(replaced.seal.history, []);
});

for (const [call, error] of [
  ['openat', 'EMFILE'],
  ['pread64', 'EIO'],
] as const) {
  needs(
    ['strace', 'flock'],
    test,
    `a seal whose ${call} fails with ${error} is not replaced: it may be a good one`,
    async () => {
      const at = await place();
      await writeSeal(at.state, decision());
      const before = fs.readFileSync(fileOf(at, 'seals'));
      const failing = [
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-P',
        fileOf(at, 'seals'),
        '-e',
        `inject=${call}:error=${error}:when=1`,
      ];
      const words = [
        ...failing,
        process.execPath,
        '--import',
        'tsx',
        child,
        at.directory,
        at.root,
        'replace',
        '1',
        '1',
      ];
      const run = spawnSync('strace', words, { encoding: 'utf8' });
      assert.match(run.stdout, new RegExp(`^unreadable .*${error}`), run.stderr);
      assert.equal(fs.readFileSync(fileOf(at, 'seals')), before);
      assert.equal(await seal(at, 'replace', '1', '1'), ['written 1']);
    },
  );
}

needs(['strace'], test, 'where there are no locks no seal is replaced, and nobody is said to hold one', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  const before = fs.readFileSync(fileOf(at, 'seals'));
  const failing = ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=flock:error=ENOLCK'];
  const words = [process.execPath, '--import', 'tsx', child, at.directory, at.root, 'replace', '1', '1'];
  const run = spawnSync('strace', [...failing, ...words], { encoding: 'utf8' });
  assert.match(run.stdout, /^not-written .* cannot be locked: flock \(util-linux\) ends with 71/, run.stderr);
  assert.equal(fs.readFileSync(fileOf(at, 'seals')), before);
});

needs(
  ['mount-namespace', 'flock'],
  test,
  'without flock(1) no seal is replaced, and that is what is missing',
  async () => {
    const at = await place();
    const hidden = 'mount --bind /dev/null "$(command -v flock)" && exec "$@"';
    const words = [process.execPath, '--import', 'tsx', child, at.directory, at.root, 'replace', '1', '1'];
    const mounting = ['--map-root-user', '--mount', 'sh', '-c', hidden, 'sh', ...words];
    const run = spawnSync('unshare', mounting, { encoding: 'utf8' });
    assert.match(run.stdout, /^not-written .* cannot be locked: flock \(util-linux\) does not start/, run.stderr);
  },
);

test('an empty file is an unreadable seal', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  fs.truncateSync(fileOf(at, 'seals'), 0);
  assert.match(await unreadable(at), 'not JSON');
});

test('a flipped digit, a newer version and another blob’s seal are unreadable', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  const path = fileOf(at, 'seals');
  const text = fs.readFileSync(path, 'utf8');
  fs.writeFileSync(path, text.replace('"size": 12', '"size": 13'));
  assert.match(await unreadable(at), 'checksum');
  fs.writeFileSync(path, text.replace('"version": 1', '"version": 2'));
  assert.match(await unreadable(at), 'its version 2 is not known');
  fs.rmSync(path);
  await writeSeal(at.state, decision({ blob: OTHER_BLOB }));
  fs.renameSync(fileOf(at, 'seals', OTHER_BLOB), path);
  assert.match(await unreadable(at), `it is the seal of ${OTHER_BLOB}`);
});

test('a symbolic link, a FIFO and a directory in its place are unreadable, and stay', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  const path = fileOf(at, 'seals');
  fs.renameSync(path, `${path}.real`);
  fs.symlinkSync(`${path}.real`, path);
  assert.match(await unreadable(at), 'not a regular file but a symlink');
  const replaced = await replaceSeal(at.state, decision());
  assert.match(replaced.kind === 'not-written' ? (replaced.problem ?? '') : '', 'a symlink is in its place');
  assert.ok(fs.lstatSync(path).isSymbolicLink());
  fs.rmSync(path);
  fs.mkdirSync(path);
  assert.match(await unreadable(at), 'not a regular file but a directory');
});

test('a file that others can write, or of a megabyte, is unreadable', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  fs.chmodSync(fileOf(at, 'seals'), 0o664);
  assert.match(await unreadable(at), 'others can write it (mode 0664)');
  fs.chmodSync(fileOf(at, 'seals'), 0o644);
  fs.truncateSync(fileOf(at, 'seals'), 2 ** 40);
  assert.match(await unreadable(at), 'more than such a file can have');
});

needs(['root'], test, 'a file of another user is unreadable', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  fs.chownSync(fileOf(at, 'seals'), 12345, 0);
  assert.match(await unreadable(at), 'belongs to user 12345');
});

test('the list has every seal in order, names what cannot be read, and skips what is no seal', async () => {
  const at = await place();
  assert.equal(await listSeals(at.state), { seals: [], unreadable: [], problems: [] });
  await writeSeal(at.state, decision({ blob: OTHER_BLOB }));
  await writeSeal(at.state, decision());
  const folder = join(at.directory, 'seals', at.state.key);
  fs.writeFileSync(join(folder, `${'ef'.repeat(32)}.json`), 'x');
  fs.writeFileSync(join(folder, 'README'), 'x');
  const list = await listSeals(at.state);
  assert.equal(
    list.seals.map((one) => one.blob),
    [BLOB, OTHER_BLOB],
  );
  assert.equal(
    list.unreadable.map((one) => one.blob),
    ['ef'.repeat(32)],
  );
  assert.equal(list.problems, []);
});

test('the list is empty without a state directory', async () => {
  const at = await place();
  assert.equal(await listSeals(await openState(null, at.root)), { seals: [], unreadable: [], problems: [] });
});

test('the list of a folder that others can write says so once, and has no seal of it that counts', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  const folder = join(at.directory, 'seals', at.state.key);
  fs.chmodSync(folder, 0o777);
  const list = await listSeals(at.state);
  assert.equal([list.seals, list.unreadable.map((one) => one.blob)], [[], [BLOB]]);
  assert.equal(list.problems, [`${folder}: others can write it (mode 0777)`]);
  fs.renameSync(folder, `${folder}.real`);
  fs.writeFileSync(folder, '');
  assert.equal(await listSeals(at.state), {
    seals: [],
    unreadable: [],
    problems: [`${folder}: not a directory but a file`],
  });
});

needs(['root'], test, 'who may not list a folder is told that, and not that there are no seals', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  const folder = join(at.directory, 'seals', at.state.key);
  fs.chmodSync(join(at.directory, '..'), 0o755);
  fs.chmodSync(folder, 0o711);
  process.seteuid?.(12345);
  try {
    assert.match((await listSeals(at.state)).problems[0] ?? '', `${folder}: EACCES`);
  } finally {
    process.seteuid?.(0);
  }
});

test('who loses to a seal that is gone again by the time it is read has not sealed', async () => {
  const at = await place();
  await writeSeal(at.state, decision({ blob: OTHER_BLOB }));
  const folder = join(at.directory, 'seals', at.state.key);
  const path = fileOf(at, 'seals');
  const written = await stepwise(
    () => writeSeal(at.state, decision()),
    (_, opened) => {
      // Another writer is first, right before this one's seal gets its name; and it is taken away right after.
      if (opened.includes('.new-')) fs.writeFileSync(path, '{}');
      if (opened === folder) fs.rmSync(path, { force: true });
    },
  );
  assert.equal(written, { kind: 'not-written', problem: null });
  assert.not.ok(fs.existsSync(path));
});

test('of twelve writers in four processes exactly one writes, and all others learn what stands', async () => {
  const at = await place();
  const lines = (await Promise.all(['1', '2', '3', '4'].map((size) => seal(at, 'write', size, '3')))).flat();
  assert.is(lines.length, 12);
  const written = lines.filter((line) => line.startsWith('written '));
  assert.is(written.length, 1, lines.join());
  const size = written[0]?.split(' ')[1];
  for (const line of lines) if (line !== written[0]) assert.is(line, `kept ${size}`);
  const read = await readSeal(at.state, BLOB);
  assert.is(read.kind === 'sealed' ? String(read.seal.size) : read.kind, size);
});

needs(['flock'], test, 'writers in three processes that replace at once lose nothing of the history', async () => {
  const at = await place();
  const lines = (await Promise.all(['1', '2', '3'].map((size) => seal(at, 'replace', size, '5')))).flat();
  assert.is(lines.filter((line) => line.startsWith('written ')).length, 15, lines.join());
  const read = await readSeal(at.state, BLOB);
  assert.is(read.kind === 'sealed' ? read.seal.history.length : read.kind, 14);
});

test('nothing temporary is left behind', async () => {
  const at = await place();
  await writeSeal(at.state, decision());
  await writeSeal(at.state, decision());
  await replaceSeal(at.state, decision());
  assert.equal(fs.readdirSync(join(at.directory, 'seals')), [at.state.key]);
  assert.equal(fs.readdirSync(join(at.directory, 'seals', at.state.key)), [`${BLOB}.json`]);
});

test.run();
