import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createStateFile, removeStateFile, writeStateFile } from '../../lib/trust/write-state-file.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { type Place, place } from './states.js';

const test = suite('trust/write-state-file');
const child = (name: string) => fileURLToPath(new URL(name, import.meta.url));

function folder(at: Place): string {
  return join(at.directory, 'receipts', at.state.key);
}

function temporaries(at: Place): string[] {
  return fs.readdirSync(join(at.directory, 'receipts')).filter((name) => name.startsWith('.new-'));
}

test('creating leaves what is there, writing replaces it', async () => {
  const at = await place();
  assert.equal(await createStateFile(at.state, 'receipts', 'a', 'one'), { kind: 'written' });
  assert.equal(await createStateFile(at.state, 'receipts', 'a', 'two'), { kind: 'exists' });
  assert.is(fs.readFileSync(join(folder(at), 'a'), 'utf8'), 'one');
  assert.equal(await writeStateFile(at.state, 'receipts', 'a', 'two'), { kind: 'written' });
  assert.is(fs.readFileSync(join(folder(at), 'a'), 'utf8'), 'two');
  assert.equal(temporaries(at), []);
});

test('a link in the place of a file is neither followed nor replaced', async () => {
  const at = await place();
  await writeStateFile(at.state, 'receipts', 'a', 'one');
  fs.symlinkSync('a', join(folder(at), 'b'));
  const written = await writeStateFile(at.state, 'receipts', 'b', 'two');
  assert.match(written.kind === 'not-written' ? (written.problem ?? '') : '', 'a symlink is in its place, and stays');
  assert.is(fs.readFileSync(join(folder(at), 'a'), 'utf8'), 'one');
  assert.ok(fs.lstatSync(join(folder(at), 'b')).isSymbolicLink());
});

test('removing removes a link and not what it leads to, and what is gone is gone', async () => {
  const at = await place();
  await writeStateFile(at.state, 'receipts', 'a', 'one');
  fs.symlinkSync('a', join(folder(at), 'b'));
  assert.equal(await removeStateFile(at.state, 'receipts', 'b'), { gone: true, problem: null });
  assert.equal(fs.readdirSync(folder(at)), ['a']);
  assert.equal(await removeStateFile(at.state, 'receipts', 'b'), { gone: true, problem: null });
  assert.equal(await removeStateFile(at.state, 'seals', 'b'), { gone: true, problem: null });
});

test('nothing is removed through a folder that others can write', async () => {
  const at = await place();
  await writeStateFile(at.state, 'receipts', 'a', 'one');
  fs.chmodSync(folder(at), 0o777);
  const removed = await removeStateFile(at.state, 'receipts', 'a');
  assert.not.ok(removed.gone);
  assert.match(removed.problem ?? '', 'others can write it');
  assert.ok(fs.existsSync(join(folder(at), 'a')));
});

test('a temporary file that a killed writer left is removed when it is old, and only then', async () => {
  const at = await place();
  await writeStateFile(at.state, 'receipts', 'a', 'one');
  const [old, fresh, other] = ['.new-0123456789abcdef', '.new-fedcba9876543210', 'kept'];
  for (const name of [old, fresh, other]) {
    fs.writeFileSync(join(at.directory, 'receipts', name), 'torso');
    if (name !== fresh) fs.utimesSync(join(at.directory, 'receipts', name), 1, 1);
  }
  await writeStateFile(at.state, 'receipts', 'a', 'two');
  assert.equal(fs.readdirSync(join(at.directory, 'receipts')).sort(), [fresh, at.state.key, other].sort());
});

test('what bears the name of a temporary file and cannot be removed keeps nothing from being written', async () => {
  const at = await place();
  await writeStateFile(at.state, 'receipts', 'a', 'one');
  const stuck = join(at.directory, 'receipts', '.new-0123456789abcdef');
  fs.mkdirSync(stuck);
  fs.utimesSync(stuck, 1, 1);
  assert.equal(await writeStateFile(at.state, 'receipts', 'a', 'two'), { kind: 'written' });
  assert.equal(fs.readdirSync(join(at.directory, 'receipts')).sort(), ['.new-0123456789abcdef', at.state.key].sort());
});

function assertWhole(path: string): void {
  const text = fs.readFileSync(path, 'latin1');
  assert.is(text.length, 2_000_000, path);
  assert.ok(text === text.charAt(0).repeat(2_000_000), path);
}

test('whoever reads while a file is written over, or after kill -9 at any moment, sees whole files only', async () => {
  const at = await place();
  const seen = new Set<string>();
  for (let round = 1; round <= 12; round++) {
    await new Promise<void>((resolve, reject) => {
      const writer = spawn(process.execPath, ['--import', 'tsx', child('write-child.ts'), at.directory, at.root]);
      let files = 0;
      writer.stdout.on('data', (chunk: Buffer) => {
        files += chunk.length;
        try {
          for (let times = 0; times < 5; times++) assertWhole(join(folder(at), 'over'));
        } catch (error) {
          reject(error);
          files = Number.POSITIVE_INFINITY;
        }
        if (files >= round * 3) writer.kill('SIGKILL');
      });
      writer.stderr.pipe(process.stderr);
      writer.on('error', reject);
      writer.on('close', () => resolve());
    });
    for (const name of fs.readdirSync(folder(at))) {
      seen.add(name.slice(0, 4));
      assertWhole(join(folder(at), name));
      if (name.startsWith('once')) fs.rmSync(join(folder(at), name));
    }
  }
  assert.equal([...seen].sort(), ['once', 'over']);
});

test('a name that the file system does not take is a problem, and no error', async () => {
  const at = await place();
  const written = await writeStateFile(at.state, 'receipts', 'a'.repeat(300), 'one');
  assert.match(written.kind === 'not-written' ? (written.problem ?? '') : '', /a cannot be written: ENAMETOOLONG/);
  assert.equal(temporaries(at), []);
});

needs(['strace'], test, 'on a file system without hard links nothing is created, and that is told', async () => {
  const at = await place();
  const words = [process.execPath, '--import', 'tsx', child('seal-child.ts'), at.directory, at.root, 'write', '1', '1'];
  const failing = ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=link,linkat:error=EPERM'];
  const run = spawnSync('strace', [...failing, ...words], { encoding: 'utf8' });
  assert.match(run.stdout, /^not-written .*cannot be written: EPERM/, run.stderr);
  assert.equal(fs.readdirSync(join(at.directory, 'seals')), [at.state.key]);
  assert.equal(fs.readdirSync(join(at.directory, 'seals', at.state.key)), []);
});

needs(
  ['strace'],
  test,
  'the bytes are on the disk before they have a name, and the name before it is told',
  async () => {
    const at = await place();
    const once = fileURLToPath(new URL('seal-child.ts', import.meta.url));
    const trace = join(at.root, 'trace');
    const node = [process.execPath, '--import', 'tsx', once, at.directory, at.root];
    for (const [verb, publish] of [
      ['write', 'link'],
      ['replace', 'rename'],
    ] as const) {
      const strace = ['-f', '-y', '-o', trace, '-e', 'trace=fsync,rename,link,write'];
      const run = spawnSync('strace', [...strace, ...node, verb, '1', '1'], { encoding: 'utf8' });
      assert.is(run.stdout, 'written 1\n', run.stderr);
      const calls = fs
        .readFileSync(trace, 'utf8')
        .split('\n')
        .flatMap((line) => stepOf(line, at.state.key) ?? []);
      const from = calls.lastIndexOf('fsync file');
      assert.equal(calls.slice(from), ['fsync file', publish, 'fsync folder', 'tell'], calls.join());
    }
  },
);

function stepOf(line: string, key: string): string | null {
  if (/fsync\(\d+<[^>]*\/seals\/\.new-/.test(line)) return 'fsync file';
  if (new RegExp(`fsync\\(\\d+<[^>]*/seals/${key}>`).test(line)) return 'fsync folder';
  if (/\b(rename|link)\("[^"]*\/seals\/\.new-/.test(line)) return line.includes('rename(') ? 'rename' : 'link';
  return line.includes('"written 1\\n"') ? 'tell' : null;
}

needs(['mount-namespace'], test, 'a full disk and a read-only one are a problem, and the old file stays whole', () => {
  const at = temporaryDirectory();
  const script = 'mount -t tmpfs -o size=128k,mode=755 tmpfs "$1" && exec "$2" --import tsx "$3" "$1"';
  const words = ['sh', '-c', script, 'sh', at, process.execPath, child('full-child.ts')];
  const run = spawnSync('unshare', ['--map-root-user', '--mount', ...words], { encoding: 'utf8' });
  assert.is(run.status, 0, run.stderr);
  const told = JSON.parse(run.stdout);
  assert.match(told.partly.problem, /cannot be written: ENOSPC/);
  assert.match(told.full.problem, /cannot be written: ENOSPC/);
  assert.match(told.readOnly.problem, /cannot be written: EROFS/);
  assert.match(told.removed.problem, /cannot be removed: EROFS/);
  assert.match(told.newDirectory.problem, /cannot be written: EROFS/);
  assert.is(told.content, 'old');
  assert.equal(told.names, [told.key]);
});

test.run();
