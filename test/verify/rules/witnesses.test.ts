import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeWitnesses } from '../../../lib/verify/rules/witnesses.js';

const test = suite('witnesses');

const headerDigest = 'a'.repeat(64);

function judge(recordDigest: string | null) {
  return judgeWitnesses({ record: 'win11:v1', headerDigest, recordDigest });
}

test('a record that names the digest of the header agrees with it', () => {
  assert.equal(judge(`sha256:${headerDigest}`), []);
});

test('a record from before digests were kept contradicts nothing', () => {
  assert.equal(judge(null), []);
});

test('a record that names another digest is denied, with both', () => {
  const other = `sha256:${'b'.repeat(64)}`;
  const [found, ...others] = judge(other);
  assert.is(found?.code, 'digest-mismatch');
  assert.is(found?.severity, 'error');
  assert.is(found?.subject, 'win11:v1');
  assert.is(found?.expected, `sha256:${headerDigest}`);
  assert.is(found?.expectedFrom, 'overlay header');
  assert.is(found?.actual, other);
  assert.equal(others, []);
});

test('a digest without its algorithm, in capitals, or empty does not agree', () => {
  for (const digest of [headerDigest, `sha256:${headerDigest.toUpperCase()}`, `sha512:${headerDigest}`, '']) {
    assert.is(judge(digest).length, 1, digest);
  }
});

test.run();
