import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readWhole } from '../../lib/file/read-whole.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('a small file');

test('it is read whole, up to its limit and not beyond', () => {
  const path = join(temporaryDirectory(), 'file');
  for (const size of [0, 1, 4095, 4096, 4097, 10_000]) {
    const bytes = Buffer.alloc(size, 'x');
    writeFileSync(path, bytes);
    const read = readWhole(path, 10_000);
    assert.ok(read.kind === 'ok' && read.bytes.equals(bytes), String(size));
  }
  truncateSync(path, 10_001);
  assert.equal(readWhole(path, 10_000), { kind: 'too-large', bytes: 10_001n, limit: 10_000 });
});

test('a file that says that it is empty and is not is read, too', () => {
  const read = readWhole('/proc/self/maps', 1_000_000);
  assert.ok(read.kind === 'ok' && read.stats.size === 0n && read.bytes.length > 0);
  assert.is(readWhole('/proc/self/maps', 10).kind, 'too-large');
});

test('what is no regular file is said, and a link is not followed', () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'file'), 'x');
  symlinkSync('file', join(directory, 'link'));
  mkdirSync(join(directory, 'sub'));
  assert.equal(readWhole(join(directory, 'link'), 10), { kind: 'not-regular', what: 'symlink' });
  assert.equal(readWhole(join(directory, 'sub'), 10), { kind: 'not-regular', what: 'directory' });
  assert.equal(readWhole(join(directory, 'gone'), 10), { kind: 'missing' });
  assert.equal(readWhole('/dev/zero', 10), { kind: 'not-regular', what: 'character device' });
  assert.is(readWhole('/proc/self/mem', 10).kind, 'unreadable');
});

test.run();
