import fc from 'fast-check';
import { type Json, type Member, partsOf, sizeOf } from './json-document.js';

/** A change of one value of a document, or of the member that it is. */
export interface JsonEdit {
  readonly op: 'replace' | 'remove' | 'repeat' | 'rename' | 'respell' | 'respelled-too';
  /** The value's place in the order of the text, which counts round and round. */
  readonly at: number;
  /** What stands in its place, or beside it. */
  readonly value: Json;
  readonly key: string;
  /** Whether what comes beside it comes before it. */
  readonly before: boolean;
}

const words = [
  '',
  'cow',
  'layer',
  'data',
  'cidata',
  'Qcow2',
  'Raw',
  'overlay.qcow2',
  'cow.raw',
  'Off',
  'File',
  '__proto__',
];
const places = [
  '/etc/shadow',
  '/dev/urandom',
  '../x',
  'a\u0000b',
  '\ud800',
  '\ufeff',
  '/var/lib/cocoon/firmware/CLOUDHV.fd',
];
const numbers = ['0', '-0', '-1', '1', '1.0', '1e3', '1e999', '536870912', '9007199254740991', '9007199254740993'];
const others = ['null', 'true', 'false', 'NaN', '01', '+1', 'undefined', '//', '{}]', '"\t"', "'x'"];

export const keys = [
  ...['path', 'Path', 'PATH', 'ro', 'Ro', 'serial', '\u017ferial', 'role', 'kernel', '\u212aernel', 'payload', 'disks'],
  ...['di\u017fks', 'storage_configs', 'STORAGE_CONFIGS', 'boot_config', 'rng', 'src', 'mode', 'file', 'pmem', 'state'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '\ud800', 'snapshots', 'disk_nsectors'],
];

/** Values of every type, and nonsense; `strings` are what stands in for a string most often. */
export function jsonValue(strings: readonly string[] = [...words, ...places]): fc.Arbitrary<Json> {
  const leaf = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...strings).map((string): Json => ({ string })) },
    fc.constantFrom(...numbers, ...others).map((raw): Json => ({ raw })),
    fc.string({ unit: 'binary', maxLength: 5 }).map((string): Json => ({ string })),
  );
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    fc.array(leaf, { maxLength: 3 }).map((list): Json => ({ list })),
    fc.array(fc.tuple(fc.constantFrom(...keys), leaf), { maxLength: 3 }).map((object): Json => ({ object })),
  );
}

export function jsonEdit(value = jsonValue()): fc.Arbitrary<JsonEdit> {
  return fc.record({
    op: fc.constantFrom('replace', 'replace', 'remove', 'repeat', 'rename', 'respell', 'respelled-too'),
    at: fc.nat(9999),
    value,
    key: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...keys) }, fc.string({ maxLength: 4 })),
    before: fc.boolean(),
  });
}

export function editJson(document: Json, edits: readonly JsonEdit[]): Json {
  return edits.reduce((json, edit) => editAt(json, edit.at % sizeOf(json), edit), document);
}

function editAt(json: Json, at: number, edit: JsonEdit): Json {
  // Only the whole document is no member and no item.
  if (at === 0) return edit.value;
  let left = at - 1;
  let index = 0;
  for (const part of partsOf(json)) {
    if (left < sizeOf(part)) break;
    left -= sizeOf(part);
    index += 1;
  }
  if ('list' in json)
    return { list: json.list.flatMap((item, at) => (at === index ? itemsFor(item, left, edit) : [item])) };
  if (!('object' in json)) return json;
  return { object: json.object.flatMap((member, at) => (at === index ? membersFor(member, left, edit) : [member])) };
}

function itemsFor(item: Json, left: number, edit: JsonEdit): Json[] {
  if (left > 0) return [editAt(item, left, edit)];
  if (edit.op === 'remove') return [];
  if (edit.op === 'repeat') return edit.before ? [edit.value, item] : [item, item];
  return [edit.value];
}

function membersFor([key, value]: Member, left: number, edit: JsonEdit): Member[] {
  if (left > 0) return [[key, editAt(value, left, edit)]];
  const beside = (other: string): Member[] =>
    edit.before
      ? [
          [other, edit.value],
          [key, value],
        ]
      : [
          [key, value],
          [other, edit.value],
        ];
  switch (edit.op) {
    case 'replace':
      return [[key, edit.value]];
    case 'remove':
      return [];
    case 'repeat':
      return beside(key);
    case 'rename':
      return [[edit.key, value]];
    case 'respell':
      return [[respelled(key), value]];
    case 'respelled-too':
      return beside(respelled(key));
  }
}

/** Another key, which Go takes for this one. */
function respelled(key: string): string {
  if (key.includes('s')) return key.replace('s', '\u017f');
  return key.includes('k') ? key.replace('k', '\u212a') : key.toUpperCase();
}
