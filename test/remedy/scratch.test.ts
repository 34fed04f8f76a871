import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openScratch, removeDeadScratch } from '../../lib/remedy/scratch.js';
import { needs } from '../support/requires.js';
import { temporaryDirectory } from '../support/temporary.js';
import { bringingNeeds, ensureWords, outcomes, run, scratchIsGone, servedNode } from './node.js';

const test = suite('the scratch directory');

const blob = 'ab'.repeat(32);

function place() {
  const store = temporaryDirectory();
  const blobs = join(store, 'cloudimg/blobs');
  mkdirSync(blobs, { recursive: true });
  return { store, blobs, blob, sources: ['http://x/'] };
}

test('is empty, private, and gone when it is given back', async () => {
  const spec = place();
  const scratch = await openScratch(spec, undefined);
  assert.equal(readdirSync(scratch.root), []);
  assert.ok(scratch.root.startsWith(join(spec.store, '.blobcheck/pull-')));
  writeFileSync(join(scratch.root, 'x'), 'x');
  await scratch.remove();
  assert.ok(!existsSync(join(spec.store, '.blobcheck')));
});

test('is waited for by who wants the same from the same place, and by nobody else', async () => {
  const spec = place();
  const first = await openScratch(spec, undefined);
  const elsewhere = await openScratch({ ...spec, sources: ['http://y/'] }, undefined);
  const other = await openScratch({ ...spec, blob: 'cd'.repeat(32) }, undefined);
  await elsewhere.remove();
  await other.remove();
  const abort = new AbortController();
  const waiting = openScratch(spec, abort.signal).then(
    () => 'had it',
    (error) => error.code,
  );
  abort.abort();
  assert.is(await waiting, 'aborted');
  const second = openScratch(spec, undefined);
  await first.remove();
  await (await second).remove();
});

test('of a dead owner is removed, and of a living one is not', async () => {
  const spec = place();
  const living = await openScratch(spec, undefined);
  const dead = join(spec.store, '.blobcheck', `pull-${'cd'.repeat(32)}-0123456789abcdef`);
  mkdirSync(join(dead, 'root'), { recursive: true });
  mkdirSync(join(spec.store, '.blobcheck/somebody-else'));
  await removeDeadScratch(spec.store, spec.blobs);
  assert.ok(!existsSync(dead));
  assert.ok(existsSync(living.root));
  assert.ok(existsSync(join(spec.store, '.blobcheck/somebody-else')), 'what is not ours is left alone');
  await living.remove();
});

test('that somebody else could have put there is refused', async () => {
  const spec = place();
  symlinkSync(temporaryDirectory(), join(spec.store, '.blobcheck'));
  const error = await openScratch(spec, undefined).catch((thrown) => thrown);
  assert.is(error.code, 'unreadable');
});

needs(bringingNeeds, test, 'a snapshot that was imported to a fresh node gets its base', async () => {
  const node = await servedNode({ indexed: false });
  rmSync(join(node.root.directory, 'cloudimg'), { recursive: true });
  const report = await node.ensure();
  assert.equal([report.verdict, outcomes(report)], ['allow', ['pulled']]);
  await node.server.close();
});

needs(
  [...bringingNeeds, 'mount-namespace'],
  test,
  'lies with the blobs where they are a mount of their own, be it of the same file system',
  async () => {
    const node = await servedNode();
    rmSync(node.blob);
    const script = 'mount --bind "$0/cloudimg/blobs" "$0/cloudimg/blobs" && exec "$@"';
    const words = [
      'unshare',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      script,
      node.root.directory,
      ...ensureWords(node),
    ];
    const ran = await run(words, node.env);
    assert.is(ran.status, 0, ran.stdout);
    assert.ok(existsSync(node.blob));
    assert.ok(scratchIsGone(node));
    await node.server.close();
  },
);

test.run();
