import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { refusalText, warningText } from '../../lib/cli/hook-text.js';
import { type Finding, finding } from '../../lib/finding/finding.js';
import { entryOf } from '../../lib/verify/entry.js';

const test = suite('what a hook says');

const hostile = 'a\u001b[2Jb\nblobcheck: all is well\u202e';
const shown = 'a\\u001b[2Jb\\u000ablobcheck: all is well\\u202e';

const missing = finding('blob-missing', 'the base is not there', {
  subject: '/blobs/x',
  expected: 'sha256:ab',
  expectedFrom: 'file name',
  actual: null,
});
const mismatch = finding('layer-mismatch', 'the disks differ', {
  subject: 'VM',
  expected: 'cow',
  expectedFrom: null,
  actual: 'data',
});
const warning = finding('blob-unpinned', 'nothing pins it');

const refused = (ref: string, findings: readonly Finding[]) => entryOf({ ref, findings: [...findings] });
const refusal = (parts: Partial<Parameters<typeof refusalText>[0]>) =>
  refusalText({ operation: 'clone', words: ['app:v1'], findings: [], entries: [], ...parts });

test('a refusal names what is refused, and each finding with expected, actual and remedy', () => {
  const text = refusal({ entries: [refused('app:v1', [missing, mismatch])] });
  assert.match(text, /^blobcheck: clone of app:v1 is refused\n {2}blob-missing: the base is not there\n/);
  assert.match(text, /\n {4}at +\/blobs\/x\n {4}expected +sha256:ab {2}\(file name\)\n/);
  assert.match(text, /\n {2}layer-mismatch: the disks differ\n/);
  assert.match(text, /\n {4}actual +data\n/);
  assert.match(text, /\n {4}remedy +\S/);
  assert.match(text, /\n$/);
});

test('three findings are told, of more the number', () => {
  const told = (count: number) => refusal({ entries: [refused('x', Array(count).fill(mismatch))] });
  assert.is(told(3).match(/layer-mismatch/g)?.length, 3);
  assert.not.match(told(3), 'more');
  assert.is(told(5).match(/layer-mismatch/g)?.length, 3);
  assert.match(told(5), /\n {2}and 2 more: blobcheck verify\n$/);
});

test('what is against all stands before what is against one; a warning and an allowed entry are no reason', () => {
  const timeout = finding('check-timeout', 'it took too long');
  const text = refusal({ findings: [timeout, warning], entries: [refused('b:v1', [warning, missing])] });
  assert.match(text, /clone of b:v1 is refused\n {2}check-timeout: it took too long\n/);
  assert.not.match(text, 'blob-unpinned');
  assert.ok(text.indexOf('check-timeout') < text.indexOf('blob-missing'));
});

test('where no entry is refused the last word is named', () => {
  const timeout = finding('check-timeout', 'it took too long');
  assert.match(
    refusal({ operation: 'restore', words: ['vm', 'snap'], findings: [timeout] }),
    /^blobcheck: restore of snap is/,
  );
  assert.match(refusal({ words: [], findings: [timeout] }), /^blobcheck: clone of {2}is refused\n/);
});

test('nothing that comes from a disk or a caller reaches a terminal as it is', () => {
  const bad = finding('blob-missing', `m ${hostile}`, {
    subject: hostile,
    expected: hostile,
    expectedFrom: hostile,
    actual: hostile,
  });
  const text = refusal({ words: [hostile], entries: [refused(hostile, [bad])] });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  assert.not.match(text, /[\u0000-\u0009\u000b-\u001f\u202e]/);
  assert.is(text.split(shown).length - 1, 6);
  assert.not.match(text, /^blobcheck: all is well/m);
  assert.match(refusal({ words: [hostile], findings: [bad] }), `clone of ${shown} is refused\n`);
  const warned = finding('blob-unpinned', hostile);
  assert.is(warningText({ findings: [warned], entries: [] }), `blobcheck: blob-unpinned: ${shown}\n`);
});

test('beside an allow only warnings are told, one line each', () => {
  const entry = entryOf({ ref: 'x', findings: [warning] });
  const recovered = finding('metadata-recovered', 'the index is torn');
  const lines = 'blobcheck: metadata-recovered: the index is torn\nblobcheck: blob-unpinned: nothing pins it\n';
  assert.is(warningText({ findings: [recovered], entries: [{ ...entry, findings: [warning] }] }), lines);
  assert.is(warningText({ findings: [], entries: [] }), '');
});

test.run();
