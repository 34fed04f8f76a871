import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ImageParts, judgeLayers, type LayerFacts } from '../../../lib/verify/rules/layers.js';

const test = suite('layers');

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
const parts: ImageParts = { layers: [a, b], kernel: a, initrd: a };

function judge(changes: Partial<LayerFacts> = {}) {
  return judgeLayers({
    sidecarPath: '/snap/cocoon.json',
    opened: parts,
    pinned: [b, a],
    indexed: parts,
    image: 'docker.io/library/app:v1',
    imageLeadsTo: 'sha256:1',
    imageDigest: 'sha256:1',
    ...changes,
  });
}
const codes = (changes: Partial<LayerFacts>) => judge(changes).map(({ code }) => code);

test('the layers that the record pins and the image has are right', () => {
  assert.equal(judge(), []);
});

test('a kernel of a layer of its own is pinned like any other', () => {
  const opened = { ...parts, kernel: c };
  assert.equal(judge({ opened, indexed: opened, pinned: [a, b, c] }), []);
  assert.equal(codes({ opened, indexed: opened }), ['layer-mismatch']);
});

test('an initial RAM disk of a layer of its own is pinned like any other', () => {
  const opened = { ...parts, initrd: c };
  assert.equal(judge({ opened, indexed: opened, pinned: [a, b, c] }), []);
  assert.equal(codes({ opened, indexed: opened }), ['layer-mismatch']);
  assert.equal(codes({ opened, indexed: null }), ['layer-mismatch', 'image-not-indexed']);
});

const denied: readonly (readonly [string, Partial<LayerFacts>, number])[] = [
  ['another order than that of the image', { opened: { ...parts, layers: [b, a] } }, 1],
  ['another layer', { opened: { ...parts, layers: [a, c] } }, 2],
  ['a layer less', { opened: { ...parts, layers: [a] } }, 2],
  ['a layer more', { opened: { ...parts, layers: [a, b, c] } }, 2],
  ['a layer twice', { opened: { ...parts, layers: [a, b, b] } }, 1],
  ['another kernel', { opened: { ...parts, kernel: b } }, 1],
  ['no kernel', { opened: { ...parts, kernel: null } }, 1],
  ['another initial RAM disk', { opened: { ...parts, initrd: b } }, 1],
  ['a record that pins less', { pinned: [a] }, 1],
  ['a record that pins more', { pinned: [a, b, c] }, 1],
  ['what no index knows, and the record pins otherwise', { indexed: null, pinned: [a, c] }, 1],
];
for (const [what, changes, count] of denied) {
  test(`denied: ${what}`, () => {
    const found = judge(changes).filter(({ code }) => code === 'layer-mismatch');
    assert.is(found.length, count);
    for (const one of found) assert.is.not(one.expected, one.actual);
  });
}

test('denied: another layer among more than can be shown', () => {
  const many = Array.from({ length: 200 }, (_, index) => index.toString(16).padStart(64, '0'));
  const opened = { layers: many, kernel: null, initrd: null };
  assert.equal(judge({ opened, indexed: opened, pinned: many }), []);
  const others = { ...opened, layers: [...many].reverse() };
  assert.equal(codes({ opened, indexed: others, pinned: many }), ['layer-mismatch']);
});

test('of a record without a digest the pins count, not what its name leads to now', () => {
  const indexed = { ...parts, layers: [a, c] };
  assert.equal(codes({ imageDigest: null, indexed }), ['tag-moved']);
  assert.equal(codes({ imageDigest: null, indexed, pinned: [a, c] }), ['tag-moved', 'layer-mismatch']);
  assert.equal(codes({ imageDigest: null, indexed, pinned: [] }), ['layer-mismatch', 'blob-unpinned']);
  assert.equal(codes({ imageDigest: null, indexed, image: null }), ['layer-mismatch']);
});

test('what a record does not pin, and no image keeps, are warnings', () => {
  assert.equal(codes({ pinned: [] }), ['blob-unpinned']);
  assert.equal(codes({ indexed: null, imageLeadsTo: null }), ['image-not-indexed']);
  assert.equal(codes({ indexed: null, imageLeadsTo: 'sha256:2' }), ['image-not-indexed', 'tag-moved']);
  assert.equal(codes({ imageLeadsTo: 'sha256:2' }), ['tag-moved']);
  assert.equal(codes({ imageLeadsTo: 'sha256:2', imageDigest: null }), []);
});

test.run();
