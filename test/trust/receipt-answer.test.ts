import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { FileIdentity } from '../../lib/file/identity.js';
import { DEFAULT_MAX_AGE_MS, MAX_BAD_AGE_MS, receiptAnswer } from '../../lib/trust/receipt-answer.js';
import { identityToRecord, type Receipt } from '../../lib/trust/receipt-record.js';
import { BLOB } from './states.js';

const test = suite('what a receipt says of a file');

const identity: FileIdentity = { inode: 11n, size: 12n, mtimeNs: 13n, ctimeNs: 14n, birthtimeNs: 15n };
const at = Date.parse('2026-11-24T12:00:00.000Z');

function receipt(result: Receipt['result']): Receipt {
  return {
    version: 1,
    store: '/var/lib/cocoon',
    checksum: '',
    blob: BLOB,
    digest: `sha256:${BLOB}`,
    size: 12,
    identity: identityToRecord(identity),
    result,
    readFrom: 'cache',
    at: new Date(at).toISOString(),
    seconds: 1,
    tool: 'test',
    lastGood: null,
  };
}

const says = (result: Receipt['result'], overdue = false) => ({ result, overdue });

test('a good read speaks for 30 days and is overdue then; one that denies speaks for 10 minutes', () => {
  assert.is(DEFAULT_MAX_AGE_MS, 30 * 86_400_000);
  assert.is(MAX_BAD_AGE_MS, 600_000);
  for (const [result, age, later] of [
    ['good', DEFAULT_MAX_AGE_MS, says('good', true)],
    ['bad', MAX_BAD_AGE_MS, null],
    ['unsealed', MAX_BAD_AGE_MS, null],
  ] as const) {
    assert.equal(receiptAnswer(receipt(result), identity, at), says(result));
    assert.equal(receiptAnswer(receipt(result), identity, at + age), says(result));
    assert.equal(receiptAnswer(receipt(result), identity, at + age + 1), later);
  }
});

test('a read in the future, so a clock that went back, is overdue', () => {
  assert.equal(receiptAnswer(receipt('good'), identity, at - 1), says('good', true));
  assert.is(receiptAnswer(receipt('bad'), identity, at - 1), null);
  assert.is(receiptAnswer(receipt('unsealed'), identity, at - 1), null);
});

for (const field of ['inode', 'size', 'mtimeNs', 'ctimeNs', 'birthtimeNs'] as const) {
  test(`a file with another ${field} is one that the receipt says nothing of`, () => {
    for (const result of ['good', 'bad', 'unsealed'] as const) {
      assert.is(receiptAnswer(receipt(result), { ...identity, [field]: identity[field] + 1n }, at), null);
    }
  });
}

test.run();
