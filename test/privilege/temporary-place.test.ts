import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { temporaryPlace } from '../../lib/file/temporary-place.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';

const test = suite('where private directories are made');

function placeWith(TMPDIR: string | undefined): string {
  const before = process.env.TMPDIR;
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  try {
    return temporaryPlace();
  } finally {
    process.env.TMPDIR = before;
  }
}

test('in the directory that TMPDIR names, if nobody else can exchange what lies there', () => {
  const ours = temporaryDirectory();
  assert.is(placeWith(ours), ours);
  chmodSync(ours, 0o1777);
  assert.is(placeWith(ours), ours, 'sticky, like /tmp');
  assert.is(placeWith(undefined), '/tmp');
});

test('in /tmp where others can write there, or on the way, or it is none', () => {
  const ours = temporaryDirectory();
  mkdirSync(join(ours, 'below'));
  assert.is(placeWith(join(ours, 'below')), join(ours, 'below'));
  chmodSync(ours, 0o777);
  assert.is(placeWith(ours), '/tmp');
  assert.is(placeWith(join(ours, 'below')), '/tmp');
  assert.is(placeWith(join(ours, 'absent')), '/tmp');
  assert.is(placeWith('/proc/self/cwd'), '/tmp');
  assert.ok(tmpdir());
});

needs(['root'], test, 'in /tmp where it is somebody else’s, or a link of somebody else’s leads there', () => {
  const theirs = temporaryDirectory();
  chownSync(theirs, 65534, 65534);
  assert.is(placeWith(theirs), '/tmp');
  const shared = temporaryDirectory();
  chmodSync(shared, 0o1777);
  const ours = temporaryDirectory();
  symlinkSync(ours, join(shared, 'link'));
  assert.is(placeWith(join(shared, 'link')), join(shared, 'link'));
});

test.run();
