import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeGoJson } from '../../lib/store/go-json.js';

const test = suite('JSON as Go reads it');

const decoded = (text: string | Buffer) => decodeGoJson(Buffer.from(text as string));
const read = (text: string | Buffer) => {
  const found = decoded(text);
  return found.kind === 'ok' ? found.value : found;
};

test('a key that is repeated, at whatever depth and however it is spelled, makes it ambiguous', () => {
  for (const text of [
    '{"a": 1, "a": 1}',
    '{"a": {"b": [1, {"c": 1, "c": 2}]}}',
    '{"a": 1, "\\u0061": 2}',
    '{"__proto__": 1, "__proto__": 2}',
    '{"\\ud800": 1, "\\udfff": 2}',
    '{"": {}, "": {}}',
  ]) {
    assert.equal(decoded(text), { kind: 'ambiguous', reason: 'a key is repeated' }, text);
  }
});

test('the same key in two objects, and what looks like keys in strings, is nothing', () => {
  for (const text of [
    '[{"a": 1}, {"a": 1}]',
    '{"a": {"a": {"a": ":{\\":\\\\"}}}',
    '{"a:b": "x:\\"y\\":z"}',
    '{"a\\"": 1, "a": 2}',
  ]) {
    assert.equal(read(text), JSON.parse(text));
  }
});

test('each byte that is no UTF-8 is one U+FFFD', () => {
  const cases: readonly (readonly [number[], string])[] = [
    [[0xff], '\ufffd'],
    [[0xe2, 0x82], '\ufffd\ufffd'],
    [[0xe2, 0x82, 0xac], '€'],
    [[0xf0, 0x9f, 0x98], '\ufffd\ufffd\ufffd'],
    [[0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'],
    [[0xc0, 0xaf, 0xc3, 0xa9], '\ufffd\ufffdé'],
    [[0xf5, 0x80, 0xe2, 0x82, 0x41], '\ufffd\ufffd\ufffd\ufffdA'],
  ];
  for (const [bytes, text] of cases) {
    const document = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
    assert.equal(read(document), { a: text });
  }
  assert.is(decoded(Buffer.alloc(1_000_000, 0xff)).kind, 'ambiguous');
});

test('half a surrogate pair is U+FFFD, in keys, too', () => {
  assert.equal(read('{"a\\ud800": ["\\udc00x", "\\ud83d\\ude00", {"b": "\\\\ud800"}]}'), {
    'a\ufffd': ['\ufffdx', '😀', { b: '\\ud800' }],
  });
});

test('what is nested deeper than Go goes is undecodable, and nesting without end ends', () => {
  const nested = (depth: number, inner = '') => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`;
  assert.is(decoded(nested(10_000)).kind, 'ok');
  assert.is(decoded(nested(10_001)).kind, 'undecodable');
  assert.is(decoded('['.repeat(3_000_000)).kind, 'undecodable');
  assert.is.not(decoded(nested(9_999, '"\\ud800"')).kind, 'undecodable');
});

test('what is no JSON says where', () => {
  assert.equal(decoded(''), { kind: 'undecodable', reason: 'it is empty', offset: null });
  const torn = decoded('{"é": 1,]');
  assert.is(torn.kind === 'undecodable' && torn.offset, Buffer.byteLength('{"é": 1,'));
  for (const text of ['{"a"', '"a', '{"a":"\\', '{"a": 1}}', '\ufeff{}'])
    assert.is(decoded(text).kind, 'undecodable', text);
});

test.run();
