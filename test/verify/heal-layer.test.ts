import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FindingCode } from '../../lib/finding/catalogue.js';
import { type FindingDetails, finding } from '../../lib/finding/finding.js';
import { defaultPlace } from '../../lib/finding/remedy.js';
import { type LayerAsker, withLayerHealing } from '../../lib/verify/heal-layer.js';

const test = suite('the remedy of a layer or boot file');

const path = '/var/lib/cocoon/oci/blobs/x.erofs';
const asker: LayerAsker = { path, image: 'local/oci:v1', sealedAs: 'app:v1', place: defaultPlace };

/** The remedy that a finding gets, and its words where it is one command. */
function healed(code: FindingCode, changes: Partial<LayerAsker> = {}, details: FindingDetails = {}) {
  const before = finding(code, 'broken', { subject: path, remedy: 'mine', ...details });
  const [after, ...others] = withLayerHealing([before], { ...asker, ...changes });
  assert.equal([after?.code, after?.subject, others.length], [code, before.subject, 0]);
  return [after?.remedy, after?.remedyArgv];
}

for (const code of ['blob-missing', 'blob-empty'] as const) {
  test(`one that is not there (${code}) is pulled, which cocoon does of itself`, () => {
    const words = ['cocoon', 'image', 'pull', 'local/oci:v1'];
    assert.equal(healed(code), [words.join(' '), words]);
  });
}

const standing = [
  'blob-not-regular',
  'blob-size-mismatch',
  'layer-malformed',
  'blob-corrupt',
  'blob-replaced',
] as const;
for (const code of standing) {
  test(`one that stands there and is wrong (${code}) goes aside before the pull, which would keep it`, () => {
    const move = `mv -T --backup=numbered ${path} ${path}.aside`;
    assert.equal(healed(code), [`${move} && cocoon image pull local/oci:v1`, null]);
  });
}

test('without an image nothing is pulled, and nothing is moved away either: there are only words', () => {
  const words = 'bring the file from a node that has it, or pull its image again';
  for (const code of ['blob-missing', ...standing] as const) assert.equal(healed(code, { image: '' }), [words, null]);
});

test('a file of another path keeps its remedy, and so does what no other copy mends', () => {
  assert.equal(healed('blob-corrupt', {}, { subject: '/other' }), ['mine', null]);
  for (const code of ['blob-unreadable', 'blob-has-backing', 'cache-corrupt'] as const) {
    assert.equal(healed(code), ['mine', null], code);
  }
});

test('an image that cannot be pasted gets words', () => {
  const [remedy, argv] = healed('blob-missing', { image: 'x\n' });
  assert.equal([remedy, argv], ['bring the file from a node that has it, or pull its image again', null]);
});

const seal = { remedy: 'blobcheck seal x', remedyArgv: ['blobcheck', 'seal', 'x'] };

test('one that nobody sealed is sealed with all that is asked about, where that has a name', () => {
  const all = ['blobcheck', 'seal', 'app:v1'];
  assert.equal(healed('blob-unsealed', {}, seal), [all.join(' '), all]);
  assert.equal(healed('blob-unsealed', { sealedAs: null }, seal), [seal.remedy, seal.remedyArgv]);
  assert.equal(healed('blob-unsealed', { sealedAs: 'x\n' }, seal), ['seal it', null]);
});

test('what is not to be sealed is not, whatever command its remedy is', () => {
  assert.equal(healed('blob-unreadable', {}, seal), [seal.remedy, seal.remedyArgv]);
  for (const remedyArgv of [['seal', 'blobcheck', 'seal'], ['blobcheck', 'ensure', 'x'], []]) {
    assert.equal(healed('blob-unsealed', {}, { remedy: 'x', remedyArgv }), ['x', remedyArgv]);
  }
  assert.equal(healed('blob-unsealed'), ['mine', null]);
});

test.run();
