import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readVmStateFile } from '../../lib/verify/vmstate-file.js';
import { MAX_VMSTATE_BYTES } from '../../lib/vmstate/limits.js';
import { buildVmState } from '../builders/vmstate.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('the file of a state');

const directory = temporaryDirectory();
const path = join(directory, 'vmstate');

test('a state is read', () => {
  writeFileSync(path, buildVmState());
  assert.is(readVmStateFile(path).kind, 'ok');
});

test('what is no state is malformed', () => {
  writeFileSync(path, 'no state');
  assert.is(readVmStateFile(path).kind, 'malformed');
});

test('one that is longer than a Firecracker decodes is not read', () => {
  writeFileSync(path, '');
  truncateSync(path, MAX_VMSTATE_BYTES + 1);
  const reason = `it has ${MAX_VMSTATE_BYTES + 1} bytes, more than ${MAX_VMSTATE_BYTES}`;
  assert.equal(readVmStateFile(path), { kind: 'malformed', reason, offset: 0 });
});

test('what is not there, is no file or cannot be opened is said to be that', () => {
  assert.equal(readVmStateFile(join(directory, 'gone')), { kind: 'missing' });
  mkdirSync(join(directory, 'directory'));
  assert.equal(readVmStateFile(join(directory, 'directory')), { kind: 'not-regular', what: 'directory' });
  symlinkSync(path, join(directory, 'link'));
  assert.equal(readVmStateFile(join(directory, 'link')), { kind: 'not-regular', what: 'symlink' });
  assert.is(readVmStateFile(join(directory, 'x'.repeat(300))).kind, 'unreadable');
});

test.run();
