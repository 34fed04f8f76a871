import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  catalogue,
  type FindingCode,
  findingCodes,
  isFindingCode,
  type Severity,
} from '../../lib/finding/catalogue.js';
import { baseEntries } from '../../lib/finding/catalogue-base.js';
import { diskEntries } from '../../lib/finding/catalogue-disks.js';
import { ensureEntries } from '../../lib/finding/catalogue-ensure.js';
import { overlayEntries } from '../../lib/finding/catalogue-overlay.js';
import { snapshotEntries } from '../../lib/finding/catalogue-snapshot.js';
import { escapeText } from '../../lib/finding/escape.js';

const test = suite('catalogue');

/** The severities that are a promise to other programs; every other code that denies is an error. */
const notErrors: Readonly<Partial<Record<FindingCode, Severity>>> = {
  'snapshot-unsupported': 'unverified',
  'metadata-unreadable': 'unverified',
  'metadata-newer': 'unverified',
  'metadata-converting': 'unverified',
  'metadata-ambiguous': 'unverified',
  'metadata-recovered': 'warning',
  'state-unusable': 'warning',
  'seal-unreadable': 'unverified',
  'snapshot-file-unknown': 'warning',
  'vm-section-allowed': 'info',
  'overlay-unflushed': 'warning',
  'overlay-refcounts-short': 'warning',
  'virtual-size-shrunk': 'warning',
  'overlay-tables-unread': 'info',
  'blob-unreadable': 'unverified',
  'verification-overdue': 'warning',
  'blob-marked-dirty': 'warning',
  'blob-unpinned': 'warning',
  'tag-moved': 'info',
  'image-not-indexed': 'warning',
  'file-unreadable': 'unverified',
  'file-changed': 'unverified',
  'check-timeout': 'unverified',
};

for (const code of findingCodes) {
  const expected = notErrors[code] ?? 'error';
  test(`${code} is of severity ${expected}`, () => {
    assert.is(catalogue[code].severity, expected);
  });

  test(`${code} says what it means, why it matters and what to do`, () => {
    const { means, matters, mend } = catalogue[code];
    for (const text of [means, matters, mend]) {
      assert.ok(text.trim().split(/\s+/).length >= 3, `too short: ${text}`);
      assert.match(text, /^["A-Za-z].*[.)]$/s);
      assert.is(escapeText(text), text);
    }
    assert.is(new Set([means, matters, mend]).size, 3);
  });
}

test('no two codes mean the same', () => {
  const texts = findingCodes.map((code): string => catalogue[code].means);
  assert.equal(
    texts.filter((text, index) => texts.indexOf(text) !== index),
    [],
  );
});

test('no two codes matter for the same reason and are mended alike: one of them would be no help', () => {
  const texts = findingCodes.map((code) => `${catalogue[code].matters} ${catalogue[code].mend}`);
  assert.is(new Set(texts).size, texts.length);
});

test('the parts of the catalogue have no code in common', () => {
  const parts = [baseEntries, overlayEntries, snapshotEntries, diskEntries, ensureEntries].flatMap((entries) =>
    Object.keys(entries),
  );
  assert.is(parts.length, findingCodes.length);
});

test('a code is words in lower case with hyphens between', () => {
  for (const code of findingCodes) assert.match(code, /^[a-z]+[0-9]*(?:-[a-z]+[0-9]*)+$/);
});

test('what an object inherits is no code', () => {
  assert.ok(isFindingCode('blob-missing'));
  for (const word of ['', 'blob', 'constructor', 'toString', '__proto__', 'Blob-Missing']) {
    assert.not.ok(isFindingCode(word), word);
  }
});

test('a section that config.json may not have is allowed by an option, which its code names', () => {
  const { mend } = catalogue['vm-config-host-access'];
  assert.match(mend, '--allow-vm-section platform');
  assert.match(mend, 'BLOBCHECK_ALLOW_VM_SECTIONS=platform');
});

test.run();
