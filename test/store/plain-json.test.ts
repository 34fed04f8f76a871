import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkShape, Malformed } from '../../lib/store/json-checker.js';
import { DEPTH_LIMIT, VALUE_LIMIT } from '../../lib/store/json-limits.js';
import { plainDocument } from '../../lib/store/plain-json.js';

const test = suite('JSON as JavaScript writes it');

const shape = {
  fields: {
    path: 'string',
    ro: 'boolean',
    size: 'integer',
    disks: { items: { fields: { path: 'string', queue_size: 'integer' } } },
    numbers: { items: 'integer' },
    boot_config: { fields: { kernel_path: 'string' } },
    devices: { values: { fields: { state: 'any' } } },
    anything: 'any',
  },
} as const;

const isRefused = (text: string): boolean => {
  try {
    checkShape(text, shape);
    return false;
  } catch (error) {
    if (error instanceof Malformed) return true;
    throw error;
  }
};

/** Park and Miller: the same documents in every run. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const KEYS = ['path', 'Path', 'ro', 'size', 'SIZE', 'disks', 'di\u017fks', 'numbers', 'boot_config', 'kernel_path'];
const MORE_KEYS = [
  'devices',
  'state',
  'State',
  'anything',
  'queue_size',
  '__proto__',
  'x',
  '1',
  '',
  'dis\u212as',
  '\u00e9',
];
const VALUES = ['null', 'true', '0', '-0', '1', '-7', '1.0', '1e3', '1.5', '9007199254740992', '12345678901234567890'];
const MORE_VALUES = [
  '"a"',
  '""',
  '"\\u0061"',
  '"\\ud800"',
  '"\\ud83d\\ude00"',
  '"\\n"',
  '"\\/"',
  '"\u2028"',
  '[]',
  '{}',
  'nul',
];

/** A text that may or may not be JSON, of this shape, with keys that are repeated or fold onto others. */
function someText(random: (below: number) => number, depth: number): string {
  const pick = (from: readonly string[]) => from[random(from.length)] as string;
  const what = random(depth > 3 ? 4 : 8);
  if (what < 4) return pick(random(3) === 0 ? MORE_VALUES : VALUES);
  const members = Array.from({ length: random(4) }, () => someText(random, depth + 1));
  const between = random(20) === 0 ? ', ' : ',';
  if (what === 4) return `[${members.join(between)}]`;
  const keys = members.map(() => pick(random(3) === 0 ? MORE_KEYS : KEYS));
  return `{${members.map((member, at) => `${JSON.stringify(keys[at])}:${member}`).join(between)}}`;
}

test('is nothing that the strict reader would refuse, and the same document', () => {
  const random = numbersFrom(20_261_127);
  let taken = 0;
  for (let round = 0; round < 200_000; round++) {
    const text = someText(random, 0);
    const document = plainDocument(text, shape);
    if (document === undefined) continue;
    taken += 1;
    assert.not(isRefused(text), text);
    assert.is(JSON.stringify(document), text);
  }
  assert.ok(taken > 1000, `${taken} texts were taken`);
});

test('is every document that is written so and that the strict reader takes', () => {
  const texts = [
    '{"path":"/a","ro":false,"size":-7,"disks":[{"path":"b","queue_size":null},{}],"boot_config":null}',
    '{"devices":{"_disk0":{"state":{"x":[1.5,null,"\u00e9"]}},"__proto__":{"state":null}},"anything":[[],{},null]}',
    '{"unknown":{"path":1,"Path":2},"numbers":[1,2,3]}',
    '{}',
  ];
  for (const text of texts) {
    assert.not(isRefused(text), text);
    assert.is(JSON.stringify(plainDocument(text, shape)), text);
  }
});

test('is none of what is written in any other way, or not of the shape', () => {
  const nested = (depth: number) => `{"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  const long = (values: number) => `{"x":[${'1,'.repeat(values - 1)}1]}`;
  const texts = [
    '{"path": "a"}',
    '{"path":"a"}\n',
    '{"path":"a","path":"b"}',
    '{"path":"\\u0061"}',
    '{"x":"\\ud800"}',
    '{"x":1e3}',
    '{"x":-0}',
    '{"Path":"a"}',
    '{"di\u017fks":[]}',
    '{"size":1.5}',
    '{"size":9007199254740992}',
    '{"path":1}',
    '{"path":{}}',
    '{"disks":{}}',
    '{"disks":[null]}',
    '{"boot_config":[]}',
    '{"devices":{"_disk0":null}}',
    '[]',
    '{"b":1,"1":2}',
    '\ufeff{}',
    '',
    nested(DEPTH_LIMIT + 1),
    long(VALUE_LIMIT),
  ];
  for (const text of texts) assert.is(plainDocument(text, shape), undefined, text.slice(0, 60));
  for (const text of [nested(DEPTH_LIMIT), long(VALUE_LIMIT - 10)])
    assert.is.not(plainDocument(text, shape), undefined);
});

test('makes objects without a prototype', () => {
  const document = plainDocument('{"__proto__":{"path":"x"}}', shape);
  assert.is(Object.getPrototypeOf(document), null);
  assert.equal(Object.keys(document as object), ['__proto__']);
});

test.run();
