import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeSidecarJson } from '../../../lib/verify/rules/sidecar-json.js';

const test = suite('sidecar-json');

const path = '/snap/cocoon.json';

test('a sidecar that was read needs nothing, whatever it says', () => {
  const read = { kind: 'ok', value: {}, document: {}, bytes: Buffer.from('{}') } as const;
  assert.equal(judgeSidecarJson(path, read), []);
});

test('one that is missing or no regular file is what the rule of the directory finds', () => {
  assert.equal(judgeSidecarJson(path, { kind: 'missing' }), []);
  assert.equal(judgeSidecarJson(path, { kind: 'not-regular', what: 'fifo' }), []);
});

test('one that readers could read differently is denied, with the reason', () => {
  const [found, ...others] = judgeSidecarJson(path, { kind: 'malformed', reason: 'key "path" stands there twice' });
  assert.is(found?.code, 'sidecar-malformed');
  assert.is(found?.severity, 'error');
  assert.is(found?.subject, path);
  assert.is(found?.message, 'key "path" stands there twice');
  assert.is(found?.expectedFrom, 'cocoon');
  assert.equal(others, []);
});

test('one that cannot be read is unverified, in words without the call and path of the system', () => {
  const error = Object.assign(new Error("EACCES: permission denied, open '/snap/cocoon.json'"), { code: 'EACCES' });
  const [found, ...others] = judgeSidecarJson(path, { kind: 'unreadable', error });
  assert.is(found?.code, 'file-unreadable');
  assert.is(found?.severity, 'unverified');
  assert.is(found?.subject, path);
  assert.is(found?.message, 'cannot be read: EACCES: permission denied');
  assert.equal(others, []);
});

test.run();
