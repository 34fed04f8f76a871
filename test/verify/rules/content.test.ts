import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultPlace } from '../../../lib/finding/remedy.js';
import { type ContentFacts, judgeContent } from '../../../lib/verify/rules/content.js';

const test = suite('content');

const blob = 'a'.repeat(64);
const byName = `sha256:${blob}`;
const converted = `sha256:${'b'.repeat(64)}`;
const wrong = `sha256:${'c'.repeat(64)}`;
const seal = { digest: converted, basis: 'pull', since: '2026-11-24T20:44:00.000Z' } as const;

function judge(changes: Partial<ContentFacts> = {}) {
  return judgeContent({
    path: '/blobs/x.qcow2',
    blob,
    digest: converted,
    proved: null,
    known: seal,
    confirmation: null,
    changed: null,
    lastGoodWasOther: false,
    structureBad: false,
    stateUnusable: false,
    place: defaultPlace,
    ...changes,
  });
}

function codes(changes: Partial<ContentFacts> = {}): string[] {
  return judge(changes).map(({ code }) => code);
}

test('content that hashes to its name needs no seal', () => {
  assert.equal(codes({ known: null, digest: byName }), []);
});

test('content that a sealed blob proves needs no seal of its own, and other content does', () => {
  assert.equal(codes({ known: null, proved: converted }), []);
  assert.equal(codes({ known: null, proved: wrong }), ['blob-unsealed']);
  assert.equal(codes({ digest: wrong, proved: wrong }), ['blob-corrupt']);
});

test('content that equals its seal is good, though it does not hash to its name', () => {
  assert.equal(codes(), []);
});

test('the seal counts, not the name', () => {
  assert.equal(codes({ digest: byName }), ['blob-corrupt']);
});

test('content that does not hash to its name and has no seal is denied, with the command that settles it', () => {
  const [found, ...others] = judge({ known: null });
  assert.is(found?.code, 'blob-unsealed');
  assert.is(found?.severity, 'error');
  assert.is(found?.expected, byName);
  assert.is(found?.expectedFrom, 'file name');
  assert.is(found?.actual, converted);
  assert.is(found?.remedy, `blobcheck seal ${blob}`);
  assert.equal(found?.remedyArgv, ['blobcheck', 'seal', blob]);
  assert.equal(others, []);
});

test('a seal is proposed only where no seal can be out of reach', () => {
  assert.match(judge({ known: null })[0]?.remedy ?? '', /^blobcheck seal /);
  const [found] = judge({ known: null, stateUnusable: true });
  assert.not.match(found?.remedy ?? '', 'blobcheck seal');
  assert.match(found?.remedy ?? '', 'state directory first');
});

test('content without a seal whose structure is bad is not offered to be sealed', () => {
  const [found] = judge({ known: null, structureBad: true });
  assert.is(found?.code, 'blob-unsealed');
  assert.is(found?.remedyArgv, null);
  assert.match(found?.remedy ?? '', 'cannot be sealed');
});

for (const [changed, words] of [
  ['content', 'changed while it was being read'],
  ['replaced', 'leads to another file'],
  ['removed', 'was removed'],
] as const) {
  test(`a base that was ${changed} under the read is that and nothing else, even if it hashed right`, () => {
    for (const digest of [converted, byName, wrong]) {
      const [found, ...others] = judge({ changed, digest });
      assert.is(found?.code, 'blob-changed');
      assert.is(found?.severity, 'error');
      assert.match(found?.message ?? '', words);
      assert.is(found?.actual, null);
      assert.equal(others, []);
    }
    assert.equal(codes({ changed, known: null, digest: byName }), ['blob-changed']);
  });
}

test('content that differs from its seal twice is corrupt, and the witness is named', () => {
  const [found, ...others] = judge({ digest: wrong, confirmation: { digest: wrong, readFrom: 'disk' } });
  assert.is(found?.code, 'blob-corrupt');
  assert.is(found?.severity, 'error');
  assert.match(found?.message ?? '', 'a second read says the same');
  assert.is(found?.expected, converted);
  assert.is(found?.expectedFrom, 'seal, basis pull, since 2026-11-24T20:44:00.000Z');
  assert.is(found?.actual, wrong);
  assert.is(found?.remedyArgv, null);
  assert.match(found?.remedy ?? '', /^Run .blobcheck ensure/);
  assert.equal(others, []);
});

test('content that differs from its seal and was not read again is corrupt, and does not claim a second read', () => {
  const [found] = judge({ digest: wrong });
  assert.is(found?.code, 'blob-corrupt');
  assert.not.match(found?.message ?? '', 'second read');
});

test('two reads that differ from the seal and from each other are not said to be the same', () => {
  const [found] = judge({ digest: wrong, confirmation: { digest: byName, readFrom: 'disk' } });
  assert.is(found?.code, 'blob-corrupt');
  assert.not.match(found?.message ?? '', 'says the same');
  assert.match(found?.message ?? '', `a second read gave yet another content (${byName})`);
  assert.is(found?.actual, wrong);
});

test('a replacement whose two reads differ is not said to have been read the same either', () => {
  const confirmation = { digest: byName, readFrom: 'disk' } as const;
  const [found] = judge({ digest: wrong, confirmation, lastGoodWasOther: true });
  assert.is(found?.code, 'blob-replaced');
  assert.not.match(found?.message ?? '', 'says the same');
  assert.match(found?.message ?? '', 'look at the disk and the memory');
});

test('another file than the one that was good is replaced, and the message names both causes', () => {
  const confirmation = { digest: wrong, readFrom: 'disk' } as const;
  const [found, ...others] = judge({ digest: wrong, confirmation, lastGoodWasOther: true });
  assert.is(found?.code, 'blob-replaced');
  assert.match(found?.message ?? '', /replaced, or converted again elsewhere/);
  assert.match(found?.message ?? '', 'a second read says the same');
  assert.equal(others, []);
});

test('another file with the right content is good', () => {
  assert.equal(codes({ lastGoodWasOther: true }), []);
});

test('a medium that is right after memory was wrong is denied this once', () => {
  for (const lastGoodWasOther of [false, true]) {
    const confirmation = { digest: converted, readFrom: 'disk' } as const;
    const [found, ...others] = judge({ digest: wrong, confirmation, lastGoodWasOther });
    assert.is(found?.code, 'cache-corrupt');
    assert.is(found?.severity, 'error');
    assert.match(found?.remedy ?? '', /^Ask again/);
    assert.equal(others, []);
  }
});

test.run();
