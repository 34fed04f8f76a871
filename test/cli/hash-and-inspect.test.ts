import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HashReport } from '../../lib/report/documents.js';
import { smallNode } from '../builders/small-node.js';
import { blobcheck } from '../support/blobcheck.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('blobcheck hash and inspect');

function files(): { directory: string; names: string[] } {
  const directory = temporaryDirectory();
  const contents = {
    empty: '',
    'with space': 'a',
    'line\nbreak': 'b',
    'back\\slash': 'c',
    '-dash': 'd',
    large: 'x'.repeat(3_000_001),
  };
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(directory, name), content);
  return { directory, names: Object.keys(contents) };
}

needs(['sha256sum'], test, 'hash prints what sha256sum prints, and sha256sum -c reads it', () => {
  const { directory, names } = files();
  const paths = names.map((name) => join(directory, name));
  for (const engine of ['native', 'wasm']) {
    const ours = blobcheck(['hash', '--engine', engine, ...paths]);
    assert.is(ours.status, 0);
    const theirs = spawnSync('sha256sum', paths, { encoding: 'utf8' });
    assert.is(ours.stdout, theirs.stdout);
    const checked = spawnSync('sha256sum', ['-c', '--quiet', '-'], { input: ours.stdout, encoding: 'utf8' });
    assert.is(checked.status, 0);
  }
});

test('hash follows a link, names what it cannot read, and goes on with the rest', () => {
  const { directory } = files();
  symlinkSync('large', join(directory, 'link'));
  mkdirSync(join(directory, 'sub'));
  const names = ['link', 'missing', 'sub', 'empty'].map((name) => join(directory, name));
  const run = blobcheck(['hash', ...names]);
  assert.is(run.status, 3);
  assert.is(run.stdout.trimEnd().split('\n').length, 2);
  assert.match(run.stderr, /missing: ENOENT/);
  assert.match(run.stderr, /sub: .*directory/);
});

test('hash of many files prints them in the order of asking, and of one that is missing in the middle only its error', () => {
  const directory = temporaryDirectory();
  const paths = Array.from({ length: 40 }, (_, i) => join(directory, `file-${i}`));
  for (const [i, path] of paths.entries())
    if (i !== 17) writeFileSync(path, Buffer.alloc(i % 3 === 0 ? 3_000_000 : 10, i));
  const run = blobcheck(['hash', ...paths]);
  assert.is(run.status, 3);
  assert.equal(
    run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(66)),
    paths.filter((_, i) => i !== 17),
  );
  assert.match(run.stderr, /^blobcheck: .*file-17: ENOENT.*\n$/);
});

needs(['disk-backed-tmp'], test, 'hash --direct has the same digests and says that they were read from disk', () => {
  const { directory, names } = files();
  const paths = names.map((name) => join(directory, name));
  const direct = blobcheck(['hash', '--direct', '--json', ...paths]);
  const document: HashReport = JSON.parse(direct.stdout);
  assert.ok(document.files.every(({ readFrom }) => readFrom === 'disk'));
  const cached: HashReport = JSON.parse(blobcheck(['hash', '--json', ...paths]).stdout);
  assert.ok(cached.files.every(({ readFrom }) => readFrom === 'cache'));
  assert.equal(
    document.files.map(({ digest }) => digest),
    cached.files.map(({ digest }) => digest),
  );
  const large = join(directory, 'large');
  const human = blobcheck(['hash', '--direct', large]);
  assert.is(human.stdout, blobcheck(['hash', large]).stdout);
  assert.is(human.stderr, `blobcheck: ${large}: read from disk\n`);
  assert.is(blobcheck(['hash', '--direct', '--quiet', large]).stderr, '');
});

needs(
  existsSync('/dev/shm') ? [] : ['/dev/shm'],
  test,
  'hash --direct of a file in memory says that it was not',
  () => {
    const place = mkdtempSync('/dev/shm/blobcheck-test-');
    try {
      const path = join(place, 'file');
      writeFileSync(path, 'x');
      const run = blobcheck(['hash', '--direct', path]);
      assert.is(run.status, 0);
      assert.is(run.stderr, `blobcheck: ${path}: read through the page cache\n`);
      assert.is(JSON.parse(blobcheck(['hash', '--direct', '--json', path]).stdout).files[0].readFrom, 'cache');
    } finally {
      rmSync(place, { recursive: true });
    }
  },
);

needs(
  ['disk-backed-tmp', 'receipts'],
  test,
  'verify and seal --direct say that they read from disk; a receipt is not read past',
  () => {
    const node = smallNode();
    const sealed = blobcheck(['seal', '--all', '--direct', ...node.options]);
    assert.match(sealed.stdout, /^sealed {4}[0-9a-f]{64} {2}\d.* read from disk, basis name$/m);
    const again = blobcheck(['seal', '--all', '--direct', '--json', ...node.options]);
    assert.is(JSON.parse(again.stdout).blobs[0].readFrom, null);
    const read = blobcheck(['verify', '--direct', '--max-age', '0', 'app:v1', ...node.options]);
    assert.match(read.stdout, /^allow {7}app:v1 {2}\d.* read from disk in .*, basis name$/m);
    const remembered = blobcheck(['verify', '--direct', 'app:v1', ...node.options]);
    assert.match(remembered.stdout, /^allow {7}app:v1 {2}.*unchanged since it was last read/m);
    const cached = blobcheck(['verify', '--max-age', '0', 'app:v1', ...node.options]);
    assert.match(cached.stdout, /read through the page cache in/);
  },
);

test('inspect prints header, tables and chain, and judges nothing', () => {
  const node = smallNode();
  const run = blobcheck(['inspect', join(node.root.files('app:v1'), 'overlay.qcow2')]);
  assert.is(run.status, 0);
  assert.match(run.stdout, /virtual size {6}10\.7 GB \(10737418240 bytes\)/);
  assert.match(run.stdout, /features {10}dirty/);
  assert.match(run.stdout, new RegExp(`backing 1 {9}${node.blob}`));
  assert.match(run.stdout, /chain ends {8}no-backing-file/);
});

test('inspect of a file that is no image, or not there, says so', () => {
  const { directory } = files();
  assert.match(blobcheck(['inspect', join(directory, 'large')]).stdout, /format {12}not-qcow2/);
  const missing = blobcheck(['inspect', join(directory, 'none')]);
  assert.is(missing.status, 3);
  assert.is(missing.stdout, '');
  assert.match(missing.stderr, /^blobcheck: .*ENOENT.*\n$/);
});

test.run();
