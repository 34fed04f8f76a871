import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { catalogue, findingCodes } from '../../lib/finding/catalogue.js';
import { finding } from '../../lib/finding/finding.js';
import { commandRemedy, wordsRemedy } from '../../lib/finding/remedy.js';

const test = suite('finding');

test('what is not known is null, never left out', () => {
  assert.equal(finding('virtual-size-shrunk', 'smaller'), {
    code: 'virtual-size-shrunk',
    severity: 'warning',
    message: 'smaller',
    subject: null,
    expected: null,
    expectedFrom: null,
    actual: null,
    remedy: catalogue['virtual-size-shrunk'].mend,
    remedyArgv: null,
  });
});

test('what is known stands in it', () => {
  const details = { subject: '/a', expected: 'b', expectedFrom: 'c', actual: 'd', remedy: 'e', remedyArgv: ['e'] };
  assert.equal(finding('tag-moved', 'm', details), { code: 'tag-moved', severity: 'info', message: 'm', ...details });
});

test('what a hostile file says is cut, and a path of Linux is not', () => {
  const path = '/a'.repeat(2048);
  assert.is(finding('tag-moved', `moved: ${path}`).message, `moved: ${path}`);
  const endless = 'x'.repeat(1e6);
  const { message, expected, actual } = finding('tag-moved', endless, {
    expected: endless,
    expectedFrom: 'y',
    actual: endless,
  });
  for (const text of [message, expected, actual]) assert.match(text ?? '', /^x{4999}…$/);
});

for (const code of findingCodes) {
  const { severity, mend } = catalogue[code];
  test(`${code} has the severity of the catalogue and ${severity === 'info' ? 'no' : 'its words as'} remedy`, () => {
    const found = finding(code, 'x');
    assert.is(found.severity, severity);
    assert.is(found.remedy, severity === 'info' ? null : mend);
    assert.is(found.remedyArgv, null);
  });
}

test('a remedy of its own stands in place of the words of the catalogue, with its command', () => {
  const own = finding('blob-unpinned', 'x', commandRemedy([{ words: ['run'], values: ['a b'] }], 'words'));
  assert.is(own.remedy, "run 'a b'");
  assert.equal(own.remedyArgv, ['run', 'a b']);
  assert.is(finding('blob-unpinned', 'x', wordsRemedy('mine')).remedy, 'mine');
  assert.is(finding('tag-moved', 'x', wordsRemedy('mine')).remedy, 'mine');
});

test('a remedy that is not known is that of the catalogue', () => {
  assert.is(finding('blob-unpinned', 'x', { remedy: null }).remedy, catalogue['blob-unpinned'].mend);
});

test('a message is kept as it is: whoever prints it escapes it', () => {
  assert.is(finding('blob-empty', 'a\x1b[2Jb').message, 'a\x1b[2Jb');
});

test.run();
