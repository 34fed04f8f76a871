import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BlobFileFacts, judgeBlobFile } from '../../../lib/verify/rules/blob-file.js';

const test = suite('blob-file');

const blob = 'a'.repeat(64);
const path = `/var/lib/cocoon/cloudimg/blobs/${blob}.qcow2`;

function judge(presence: BlobFileFacts['presence'], changes: Partial<BlobFileFacts> = {}) {
  return judgeBlobFile({ path, blob, presence, sealedBytes: null, indexedBytes: [], ...changes });
}

const regular = (bytes: bigint) => ({ kind: 'regular', bytes }) as const;

test('a base that is missing is named by its digest', () => {
  const [found, ...others] = judge({ kind: 'missing' }, { sealedBytes: 7n });
  assert.is(found?.code, 'blob-missing');
  assert.is(found?.severity, 'error');
  assert.is(found?.subject, path);
  assert.is(found?.expected, `sha256:${blob}`);
  assert.is(found?.actual, null);
  assert.is(found?.expectedFrom, 'overlay header');
  assert.equal(others, []);
});

for (const what of ['directory', 'symlink', 'fifo', 'socket', 'character device', 'block device']) {
  test(`a ${what} is no base`, () => {
    const [found, ...others] = judge({ kind: 'not-regular', what });
    assert.is(found?.code, 'blob-not-regular');
    assert.is(found?.severity, 'error');
    assert.is(found?.actual, what);
    assert.equal(others, []);
  });
}

test('a base that cannot be opened is unverified, not denied', () => {
  const [found, ...others] = judge({ kind: 'unreadable', reason: 'permission denied' });
  assert.is(found?.code, 'blob-unreadable');
  assert.is(found?.severity, 'unverified');
  assert.match(found?.message ?? '', 'permission denied');
  assert.equal(others, []);
});

test('an empty base is called empty, whatever its size should be', () => {
  for (const changes of [{}, { sealedBytes: 7n }, { sealedBytes: 0n }, { indexedBytes: [0n] }]) {
    assert.equal(
      judge(regular(0n), changes).map(({ code }) => code),
      ['blob-empty'],
    );
  }
});

test('a base of unknown size passes, however small', () => {
  assert.equal(judge(regular(1n)), []);
});

test('a base has the size that its seal says, even where the index says another', () => {
  assert.equal(judge(regular(7n), { sealedBytes: 7n, indexedBytes: [8n] }), []);
});

test('a base of another size than its seal says is denied, even where the index agrees with it', () => {
  const [found, ...others] = judge(regular(8n), { sealedBytes: 7n, indexedBytes: [8n] });
  assert.is(found?.code, 'blob-size-mismatch');
  assert.is(found?.severity, 'error');
  assert.is(found?.expected, '7 bytes');
  assert.is(found?.expectedFrom, 'seal');
  assert.is(found?.actual, '8 bytes');
  assert.equal(others, []);
});

test('without a seal one entry of the index that fits is enough', () => {
  assert.equal(judge(regular(8n), { indexedBytes: [7n, 8n] }), []);
});

test('without a seal a size that no entry of the index knows is denied', () => {
  const [found, ...others] = judge(regular(9n), { indexedBytes: [7n, 8n] });
  assert.is(found?.code, 'blob-size-mismatch');
  assert.is(found?.expected, '7 or 8 bytes');
  assert.is(found?.expectedFrom, 'image index');
  assert.equal(others, []);
});

test('sizes beyond what a double holds are compared exactly', () => {
  const large = 2n ** 53n;
  assert.equal(judge(regular(large + 1n), { sealedBytes: large + 1n }), []);
  assert.is(judge(regular(large + 1n), { sealedBytes: large }).length, 1);
});

test.run();
