import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { canonicalJson, decodeRecord, encodeRecord, recordFields, sealedWithChecksum } from '../../lib/trust/record.js';

const test = suite('trust/record');
const schema = v.strictObject({ ...recordFields, version: v.literal(1), words: v.array(v.string()) });
const record = sealedWithChecksum({ version: 1 as const, store: '/store', words: ['a', 'ü', '\u2028'] });

function reasonOf(text: string | Uint8Array): string {
  const decoded = decodeRecord(typeof text === 'string' ? Buffer.from(text) : text, 1, schema);
  return decoded.ok ? 'ok' : decoded.reason;
}

test('canonical JSON does not depend on the order of keys, at any depth', () => {
  assert.is(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' }), '{"a":"x","b":[{"c":null,"d":1}]}');
  assert.is(canonicalJson({ a: 'x', b: [{ c: null, d: 1 }] }), canonicalJson({ b: [{ d: 1, c: null }], a: 'x' }));
});

test('canonical JSON keeps the order of a list', () => {
  assert.is.not(canonicalJson([1, 2]), canonicalJson([2, 1]));
});

test('a record is read back as it was written', () => {
  assert.equal(decodeRecord(Buffer.from(encodeRecord(record)), 1, schema), { ok: true, record });
});

test('the layout of the file does not count, the values do', () => {
  const { checksum, ...fields } = record;
  assert.is(reasonOf(JSON.stringify({ checksum, ...fields })), 'ok');
  assert.is(reasonOf(JSON.stringify({ ...record, store: '/other' })), 'its checksum does not fit');
  assert.is(reasonOf(JSON.stringify({ ...record, words: ['ü', 'a', '\u2028'] })), 'its checksum does not fit');
});

test('every single flipped bit is found', () => {
  const bytes = Buffer.from(encodeRecord(record));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    const at = bit >> 3;
    flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (bit & 7)), at);
    const decoded = decodeRecord(flipped, 1, schema);
    // One bit makes a space of an indentation another kind of space at most: then the values are still the same.
    if (decoded.ok) assert.equal(decoded.record, record);
  }
});

test('every truncation is found', () => {
  const text = encodeRecord(record);
  for (let length = 0; length < text.length - 1; length++) assert.is(reasonOf(text.slice(0, length)), 'not JSON');
});

test('what is no record says why', () => {
  assert.is(reasonOf('[]'), 'has no version');
  assert.is(reasonOf('null'), 'has no version');
  assert.is(reasonOf('{"version":"1"}'), 'has no version');
  assert.is(reasonOf(JSON.stringify({ ...record, version: 2 })), 'its version 2 is not known, only 1 is');
  assert.match(reasonOf(JSON.stringify({ ...record, more: 1 })), /^more: /);
  assert.match(reasonOf(JSON.stringify({ ...record, words: [1] })), /^words\.0: /);
  assert.match(reasonOf(encodeRecord(record).replace('{', '{"__proto__": {},')), /__proto__/);
  assert.is(reasonOf(Buffer.from([0x22, 0xff, 0x22])), 'not JSON');
});

test('nesting without end is no more than a record that does not count', () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  assert.is.not(reasonOf(deep), 'ok');
  assert.is.not(reasonOf(JSON.stringify(record).replace('["a",', `[${deep},`)), 'ok');
});

test.run();
