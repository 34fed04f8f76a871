import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { foldKey } from '../../lib/store/json-shape.js';
import { parseStrict, parseStrictText } from '../../lib/store/strict-json.js';
import { isJson } from '../support/is-json.js';

const test = suite('strict JSON');

const shape = {
  fields: {
    path: 'string',
    ro: 'boolean',
    size: 'integer',
    disks: { items: { fields: { path: 'string', queue_size: 'integer' } } },
    boot_config: { fields: { kernel_path: 'string' } },
    devices: { values: { fields: { state: 'any' } } },
    anything: 'any',
  },
} as const;

const parse = (text: string | Buffer) => parseStrict(Buffer.from(text as string), shape);
function malformed(text: string | Buffer, reason: RegExp) {
  const parsed = parse(text);
  assert.is(parsed.kind, 'malformed', String(text).slice(0, 80));
  if (parsed.kind !== 'malformed') throw new Error('unreachable');
  assert.match(parsed.reason, reason);
  return parsed;
}
function ok(text: string | Buffer) {
  const parsed = parse(text);
  if (parsed.kind !== 'ok') throw new Error(`${text}: ${parsed.reason}`);
  return parsed;
}

test('what Go and JavaScript would read as two files is refused', () => {
  const hostile: readonly (readonly [string, RegExp])[] = [
    ['{"path": "harmless", "Path": "/etc/shadow"}', /the key "Path" for "path"/],
    ['{"PATH": "/etc/shadow"}', /the key "PATH" for "path"/],
    ['{"path": "a", "path": "/etc/shadow"}', /"path" is repeated/],
    ['{"path": "a", "p\\u0061th": "/etc/shadow"}', /"path" is repeated/],
    ['{"di\u017fks": []}', /for "disks"/],
    ['{"di\\u017Fks": []}', /for "disks"/],
    ['{"dis\u212as": []}', /for "disks"/],
    ['{"dis\\u212as": []}', /for "disks"/],
    ['{"disks": [{"path": "a"}, {"path": "b", "pAth": "c"}]}', /"pAth" for "path"/],
    ['{"boot_config": {"Kernel_Path": "x"}}', /"Kernel_Path" for "kernel_path"/],
    ['{"Boot_Config": null}', /"Boot_Config" for "boot_config"/],
    ['{"devices": {"_disk0": {"State": 1}}}', /"State" for "state"/],
    ['{"devices": {"_disk0": {}, "_disk0": {}}}', /"_disk0" is repeated/],
    ['{"unknown": {"x": 1, "x": 2}}', /"x" is repeated/],
    ['{"anything": [{"deep": {"x": 1, "x": 2}}]}', /"x" is repeated/],
    ['{"unknown": 1, "unknown": 2}', /"unknown" is repeated/],
    ['{"__proto__": 1, "__proto__": 2}', /"__proto__" is repeated/],
  ];
  for (const [text, reason] of hostile) malformed(text, reason);
});

test('near misses of these are nothing', () => {
  assert.is(ok('{"path": "a", "Paths": "b", "pathx": 1, "p": 2, "": 3}').value.path, 'a');
  assert.is(ok('{"unknown": {"x": 1, "X": 2}}').value.path, '');
  assert.is(ok('{"anything": {"path": 1, "Path": 2}}').value.path, '');
  assert.equal([...ok('{"devices": {"a": {}, "A": {}}}').value.devices.keys()], ['a', 'A']);
  assert.is(ok('{"disks": [{"path": "a"}, {"path": "a"}]}').value.disks.length, 2);
  assert.is(ok('{"d\u0131sks": [], "\u0130": 1}').value.disks.length, 0);
});

test('keys fold as Go folds them', () => {
  assert.is(foldKey('Di\u017f\u212aS_09'), 'disks_09');
  for (const other of ['\u0131', '\u0130', 'é', 'É', 'ß', '\u1e9e', 'ﬀ']) assert.is(foldKey(other), other);
});

test('what is no JSON document is refused, with line and column', () => {
  const cases: readonly (readonly [string | Buffer, RegExp])[] = [
    ['', /ends too early/],
    ['   ', /ends too early/],
    ['{', /ends too early/],
    ['{"a": 1} {"a": 2}', /follows the document/],
    ['{"a": 1}\0', /not expected/],
    ['{"a": 1} // x', /comment/],
    ['{"a": 1,}', /not expected/],
    ['{"a": [1,]}', /not expected/],
    ['{"a": [,1]}', /not expected/],
    ['{a: 1}', /not expected/],
    ["{'a': 1}", /not expected/],
    ['{"a" 1}', /not expected/],
    ['{"a": 01}', /not expected/],
    ['{"a": +1}', /not expected/],
    ['{"a": .5}', /not expected/],
    ['{"a": 1.}', /not expected/],
    ['{"a": 0x10}', /not expected/],
    ['{"a": NaN}', /not expected/],
    ['{"a": nul}', /not expected/],
    ['{"a": truex}', /not expected/],
    ['{"a": "x}', /ends in a string/],
    ['{"a": "\\"}', /ends in a string/],
    ['{"a": "\\x41"}', /escape|JSON/],
    ['{"path": "\\x41"}', /escape/],
    ['{"a": "tab\there"}', /control character/],
    ['{"a\n": 1}', /ends in a string/],
    ['{"path": "\\ud800"}', /surrogate/],
    ['{"\\udc00": 1}', /surrogate/],
    ['\ufeff{}', /byte order mark/],
    [Buffer.from('{"a": "\xff"}', 'latin1'), /UTF-8/],
    [Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]), /UTF-8/],
    [Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d]), /UTF-8/],
    ['[]', /the document is an array/],
    ['null', /it is null/],
    ['"x"', /the document is a string/],
    ['{}\u00a0', /not expected/],
    ['{}\u000b', /not expected/],
  ];
  for (const [text, reason] of cases) malformed(text, reason);
  const { line, column } = malformed('{\n  "é": 1,\n  "é": 2\n}', /"é" is repeated/);
  assert.equal([line, column], [3, 3]);
  const control = malformed('{\n"a": "\t"}', /control character/);
  assert.is(control.line, 2);
});

test('white space, escapes and pairs of surrogates are JSON', () => {
  const { value, document } = ok(' \r\n\t{ "path" : "\\u00e9\\ud83d\\ude00\\/\\"\\\\" , "size" : -0 } \n');
  assert.is(value.path, 'é😀/"\\');
  assert.is(Object.is(value.size, 0), true);
  assert.equal({ ...(document as object) }, { path: 'é😀/"\\', size: -0 });
});

test('wrong types are what Go refuses', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['{"path": 1}', /path is a number, not a string/],
    ['{"path": true}', /path is true, not a string/],
    ['{"path": ["a"]}', /path is an array, not a string/],
    ['{"ro": "true"}', /ro is a string, not a boolean/],
    ['{"ro": 0}', /ro is a number, not a boolean/],
    ['{"size": "1"}', /size is a string, not an integer/],
    ['{"size": 1.0}', /size is 1\.0, not an integer/],
    ['{"size": 1e3}', /size is 1e3, not an integer/],
    ['{"size": 9007199254740992}', /not an integer below 2\^53/],
    ['{"size": 18446744073709551615}', /not an integer below 2\^53/],
    ['{"disks": {}}', /disks is an object, not an array/],
    ['{"disks": [1]}', /disks\[0\] is a number, not an object/],
    ['{"disks": [{}, null]}', /disks\[1\] is null/],
    ['{"disks": [{"queue_size": false}]}', /disks\[0\]\.queue_size is false/],
    ['{"boot_config": []}', /boot_config is an array, not an object/],
    ['{"devices": []}', /devices is an array, not an object/],
    ['{"devices": {"x": null}}', /devices\.x is null/],
    ['{"devices": {"x": 1}}', /devices\.x is a number/],
  ];
  for (const [text, reason] of cases) malformed(text, reason);
});

test('null and what is absent have the zero value of their type', () => {
  const zero = { path: '', ro: false, size: 0, disks: [], boot_config: null, devices: new Map(), anything: null };
  assert.equal({ ...ok('{}').value }, zero);
  const nulls = '{"path":null,"ro":null,"size":null,"disks":null,"boot_config":null,"devices":null,"anything":null}';
  assert.equal({ ...ok(nulls).value }, zero);
});

test('the whole document is there, and "__proto__" is a key', () => {
  const { value, document } = ok('{"__proto__": {"path": "x"}, "anything": {"__proto__": [1, null]}}');
  assert.is(value.path, '');
  assert.is(Object.getPrototypeOf(document), null);
  assert.is(JSON.stringify(document), '{"__proto__":{"path":"x"},"anything":{"__proto__":[1,null]}}');
  assert.is(JSON.stringify(value.anything), '{"__proto__":[1,null]}');
});

test('depth, count and size are bounded before anything is built', () => {
  const nested = (depth: number) => `{"anything": ${'['.repeat(depth)}${']'.repeat(depth)}}`;
  ok(nested(127));
  malformed(nested(128), /nested more than 128/);
  malformed(`{"x": ${'['.repeat(5_000_000)}`, /nested more than 128/);
  malformed(`{"x": ${'{"x":'.repeat(1_000_000)}`, /nested more than 128/);
  ok(`{"x": [${'1,'.repeat(199_000)}1]}`);
  malformed(`{"x": [${'1,'.repeat(200_000)}1]}`, /more than 200000 values/);
  malformed(Buffer.alloc(16 * 1024 * 1024 + 1, ' '), /more than 16777216 bytes/);
  ok(`{"x": "${'\\"'.repeat(8_000_000)}"}`);
  assert.ok(!ok('{"x": "[[[[{{{{,,,,", "path": "[\\"["}').value.path.includes('\\'));
});

test('what the engine’s own parser accepts is accepted, and nothing else', () => {
  // Texts from few characters reach every corner of the grammar; the seed is fixed.
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '"b\\n"',
    '\\',
    ' ',
    '\n',
    '1',
    '-',
    '0',
    '.5',
    'e2',
    'true',
    'null',
    'f',
  ];
  let seed = 20261124;
  const next = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return seed / 2 ** 32;
  };
  let accepted = 0;
  for (let round = 0; round < 200_000; round += 1) {
    const length = 1 + Math.floor(next() * 9);
    const text = Array.from({ length }, () => pieces[Math.floor(next() * pieces.length)]).join('');
    const read = parseStrictText(`{"x":${text}}`, { fields: {} });
    if (!isJson(`{"x":${text}}`)) {
      assert.is(read.kind, 'malformed', text);
      continue;
    }
    const keys = [...text.matchAll(/"([^"]*)"\s*:/g)].map((match) => match[1]);
    if (new Set(keys).size < keys.length) continue;
    accepted += 1;
    assert.is(read.kind, 'ok', text);
  }
  assert.ok(accepted > 1000, String(accepted));
});

test('a text of millions of spaces or lines is gone through once', () => {
  for (const space of [' ', '\n']) {
    const read = parseStrictText(`{${space.repeat(4_000_000)}x`, { fields: {} });
    assert.is(read.kind === 'malformed' && read.reason, '"x" is not expected here');
  }
});

test.run();
