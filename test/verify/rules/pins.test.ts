import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultPlace } from '../../../lib/finding/remedy.js';
import { judgePins, type PinFacts } from '../../../lib/verify/rules/pins.js';

const test = suite('pins');

const blob = 'a'.repeat(64);
const other = 'b'.repeat(64);
const url = 'https://images.example.com/win11.qcow2';
const blobPath = `/var/lib/cocoon/cloudimg/blobs/${blob}.qcow2`;

function judge(changes: Partial<PinFacts> = {}) {
  return judgePins({
    blob,
    pinned: [blob],
    indexedAs: [url],
    image: url,
    imageLeadsTo: blob,
    blobPath,
    hashesToName: true,
    place: defaultPlace,
    ...changes,
  });
}

test('a base that the record pins and an image names needs nothing', () => {
  assert.equal(judge(), []);
});

test('a base that the record does not pin may be collected', () => {
  for (const [pinned, actual] of [
    [[], 'none'],
    [[other], other],
  ] as const) {
    const [found, ...others] = judge({ pinned });
    assert.is(found?.code, 'blob-unpinned');
    assert.is(found?.severity, 'warning');
    assert.is(found?.subject, blobPath);
    assert.is(found?.expected, blob);
    assert.is(found?.actual, actual);
    assert.equal(others, []);
  }
});

test('a base that was imported as the remedy says is kept by that name, which no tag moves', () => {
  const codes = (...indexedAs: string[]) => judge({ pinned: [], indexedAs }).map(({ code }) => code);
  assert.equal(codes(url, `blobcheck/${blob}`), []);
  assert.equal(codes(`blobcheck/${blob}:latest`), []);
  for (const ref of [`blobcheck/${blob}0`, 'blobcheck/app', `https://blobcheck/${blob}`, `x/blobcheck/${blob}`]) {
    assert.equal(codes(ref), ['blob-unpinned'], ref);
  }
});

test('a base that the record pins among others is pinned', () => {
  assert.equal(judge({ pinned: [other, blob] }), []);
});

test('a base that no image names is a warning with a command that names it', () => {
  const [found, ...others] = judge({ indexedAs: [], imageLeadsTo: null });
  assert.is(found?.code, 'image-not-indexed');
  assert.is(found?.severity, 'warning');
  assert.is(found?.subject, blobPath);
  assert.equal(found?.remedyArgv, ['cocoon', 'image', 'import', `blobcheck/${blob}`, blobPath]);
  assert.equal(others, []);
});

test('a tag that leads to another digest now is told, with both digests', () => {
  const [found, ...others] = judge({ indexedAs: ['https://images.example.com/old'], imageLeadsTo: other });
  assert.is(found?.code, 'tag-moved');
  assert.is(found?.severity, 'info');
  assert.is(found?.subject, url);
  assert.is(found?.expected, `sha256:${blob}`);
  assert.is(found?.actual, `sha256:${other}`);
  assert.is(found?.remedy, null);
  assert.equal(others, []);
});

test('a tag that is not in the index, or no tag at all, has not moved', () => {
  assert.equal(judge({ imageLeadsTo: null }), []);
  assert.equal(judge({ image: null, imageLeadsTo: other }), []);
});

test('a base that does not hash to its name (or is not there) would be imported under another: words, no command', () => {
  const found = judge({ pinned: [], indexedAs: [], imageLeadsTo: null, hashesToName: false });
  assert.equal(
    found.map(({ code }) => code),
    ['blob-unpinned', 'image-not-indexed'],
  );
  for (const { remedy, remedyArgv } of found) {
    assert.is(remedyArgv, null);
    assert.not.match(remedy ?? '', 'image import');
    assert.ok(remedy);
  }
});

test('a base that hashes to its name is named by importing it, pinned or not', () => {
  for (const { remedy } of judge({ pinned: [], indexedAs: [], imageLeadsTo: null })) {
    assert.is(remedy, `cocoon image import blobcheck/${blob} ${blobPath}`);
  }
});

test('everything at once is three findings', () => {
  assert.equal(
    judge({ pinned: [], indexedAs: [], imageLeadsTo: other }).map(({ code }) => code),
    ['blob-unpinned', 'image-not-indexed', 'tag-moved'],
  );
});

test('a path that cannot be pasted gets words instead of a command', () => {
  const [found] = judge({ pinned: [], blobPath: '/x\n/blob' });
  assert.is(found?.remedyArgv, null);
  assert.match(found?.remedy ?? '', 'import the blob');
});

test.run();
