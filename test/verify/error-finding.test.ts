import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BlobcheckError, type ErrorCode } from '../../lib/errors.js';
import { catalogue, type FindingCode } from '../../lib/finding/catalogue.js';
import { errorFinding } from '../../lib/verify/error-finding.js';

const test = suite('error-finding');

const codes: readonly (readonly [ErrorCode, FindingCode])[] = [
  ['metadata-unreadable', 'metadata-unreadable'],
  ['metadata-newer', 'metadata-newer'],
  ['metadata-converting', 'metadata-converting'],
  ['metadata-ambiguous', 'metadata-ambiguous'],
  ['unreadable', 'file-unreadable'],
  ['changed', 'file-changed'],
];
for (const [error, code] of codes) {
  test(`the error ${error} is the finding ${code}, about the file of the error`, () => {
    const found = errorFinding(new BlobcheckError(error, 'because', { path: '/the/file' }), '/other');
    assert.is(found.code, code);
    assert.is(found.severity, catalogue[code].severity);
    assert.is(found.message, 'because');
    assert.is(found.subject, '/the/file');
  });
}

test('what could not be checked never allows', () => {
  for (const [error, code] of codes) {
    assert.is(errorFinding(new BlobcheckError(error, 'x')).severity, 'unverified', code);
  }
});

test('an error about no file is about what was asked for, or about nothing', () => {
  assert.is(errorFinding(new BlobcheckError('unreadable', 'x'), 'win11:v1').subject, 'win11:v1');
  assert.is(errorFinding(new BlobcheckError('unreadable', 'x')).subject, null);
});

test('the hint of the error is the remedy; without one the catalogue has words', () => {
  assert.is(errorFinding(new BlobcheckError('changed', 'x', { hint: 'wait' })).remedy, 'wait');
  assert.is(errorFinding(new BlobcheckError('changed', 'x')).remedy, catalogue['file-changed'].mend);
});

test('what the system refuses in the middle of a check is a finding, about the file where it names one', () => {
  try {
    readFileSync('/nothing/here');
    assert.unreachable();
  } catch (error) {
    const found = errorFinding(error, 'win11:v1');
    assert.equal([found.code, found.severity, found.subject], ['file-unreadable', 'unverified', '/nothing/here']);
    assert.is(found.message, 'it cannot be checked: ENOENT: no such file or directory (open)');
  }
  const noMemory = Object.assign(new Error('spawn ENOMEM'), { code: 'ENOMEM', errno: -12, syscall: 'spawn' });
  assert.is(errorFinding(noMemory, 'win11:v1').subject, 'win11:v1');
});

const thrownOn: readonly (readonly [string, unknown])[] = [
  ['wrong usage', new BlobcheckError('usage', 'x')],
  ['an interruption', new BlobcheckError('aborted', 'x')],
  ['a bug of ours', new TypeError('x is not a function')],
  ['a code that is not the system’s', Object.assign(new TypeError('not a buffer'), { code: 'ERR_INVALID_ARG_TYPE' })],
  ['what is no error', 'text'],
];
for (const [what, error] of thrownOn) {
  test(`${what} is no finding and is thrown on as it is`, () => {
    try {
      errorFinding(error);
    } catch (thrown) {
      assert.is(thrown, error);
      return;
    }
    assert.unreachable();
  });
}

test.run();
