import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
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
