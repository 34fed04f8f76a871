/** Changes to a JSON document that no writer of it would make, as plain data: what an edit is about it finds by number. */
import fc from 'fast-check';
import { type Json, jsonOf, type Member, sizeOf, textOf, valuesOf } from './json-document.js';
import { jsonKey, jsonValue } from './json-values.js';
import { otherSpelling } from './other-spelling.js';

export type JsonEdit =
  /** Takes a member or an item away. */
  | { readonly how: 'drop'; readonly at: number }
  /** Puts this value in the place of one. */
  | { readonly how: 'value'; readonly at: number; readonly value: Json }
  /** Puts a copy of another value in its place. */
  | { readonly how: 'copy'; readonly at: number; readonly from: number }
  | { readonly how: 'rename'; readonly at: number; readonly key: string }
  /** Spells a key otherwise, so that it is the same to Go, or (`escaped`) to everybody. */
  | { readonly how: 'respell'; readonly at: number; readonly spelling: number; readonly escaped: boolean }
  /** Adds an item, or a member with the key of another one, spelled otherwise where `spelling` is not 0. */
  | {
      readonly how: 'repeat';
      readonly at: number;
      /** Null for the same value once more. */
      readonly value: Json | null;
      readonly spelling: number;
      readonly first: boolean;
    }
  /** Adds a member to an object. */
  | { readonly how: 'add'; readonly at: number; readonly key: string; readonly value: Json }
  /** Nests a value in so many lists. */
  | { readonly how: 'deepen'; readonly at: number; readonly depth: number };

const at = fc.nat(10_000);

export function jsonEdit(value = jsonValue()): fc.Arbitrary<JsonEdit> {
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ how: fc.constant('value' as const), at, value }) },
    fc.record({ how: fc.constant('drop' as const), at }),
    fc.record({ how: fc.constant('copy' as const), at, from: at }),
    fc.record({ how: fc.constant('rename' as const), at, key: jsonKey }),
    fc.record({ how: fc.constant('respell' as const), at, spelling: fc.nat(1000), escaped: fc.boolean() }),
    {
      weight: 2,
      arbitrary: fc.record({
        how: fc.constant('repeat' as const),
        ...{ at, value: fc.option(value), spelling: fc.nat(50), first: fc.boolean() },
      }),
    },
    fc.record({ how: fc.constant('add' as const), at, key: jsonKey, value }),
    fc.record({ how: fc.constant('deepen' as const), at, depth: fc.constantFrom(1, 2, 150, 20_000, 200_000) }),
  );
}

export const jsonEdits = fc.array(jsonEdit(), { minLength: 1, maxLength: 4 });

/** A document after the edits; when everything was dropped there is no text. */
export function editedJson(document: Json, edits: readonly JsonEdit[]): Json {
  return edits.reduce((json, edit) => editedOnce(json, edit), document);
}

/** The text of what JavaScript has as this value, after the edits. */
export const editedText = (value: unknown, edits: readonly JsonEdit[]): string =>
  textOf(editedJson(jsonOf(value), edits));

function editedOnce(document: Json, edit: JsonEdit): Json {
  const size = sizeOf(document);
  const change: Change =
    edit.how === 'copy'
      ? { how: 'value', at: edit.at, value: [...valuesOf(document)][edit.from % size] ?? document }
      : edit;
  // The document is the last of its values, so that few edits hit the whole of it.
  const [only] = changed([['', document]], edit.at % size, change);
  return only?.[1] ?? { raw: '' };
}

type Change = Exclude<JsonEdit, { how: 'copy' }>;

/** Members of an object, with one that is changed, others or none in the place of that with the value `at`. */
function changed(members: readonly Member[], at: number, change: Change): readonly Member[] {
  let left = at;
  return members.flatMap((member) => {
    const [key, value, text] = member;
    const here = left;
    const last = sizeOf(value) - 1;
    left -= last + 1;
    if (here < 0 || here > last) return [member];
    return here === last ? membersFor(member, change) : [memberOf(key, changedInside(value, here, change), text)];
  });
}

function changedInside(value: Json, at: number, change: Change): Json {
  if ('object' in value) return { object: changed(value.object, at, change) };
  if (!('list' in value)) return value;
  // Items are like members whose keys nobody sees.
  const items = value.list.map((item): Member => ['', item]);
  return { list: changed(items, at, change).map(([, item]) => item) };
}

function membersFor(member: Member, edit: Change): readonly Member[] {
  const [key, value, text] = member;
  switch (edit.how) {
    case 'drop':
      return [];
    case 'value':
      return [memberOf(key, edit.value, text)];
    case 'rename':
      return [[edit.key, value]];
    case 'respell':
      return edit.escaped ? [memberOf(key, value, escaped(key))] : [[respelled(key, edit.spelling), value]];
    case 'repeat': {
      const other: Member = [edit.spelling === 0 ? key : respelled(key, edit.spelling), edit.value ?? value];
      return edit.first ? [other, member] : [member, other];
    }
    case 'add':
      if (!('object' in value)) return [member];
      return [memberOf(key, { object: [...value.object, [edit.key, edit.value]] }, text)];
    case 'deepen':
      return [memberOf(key, deepened(value, edit.depth), text)];
  }
}

const memberOf = (key: string, value: Json, text: string | undefined): Member =>
  text === undefined ? [key, value] : [key, value, text];

/** In capitals, or with one letter that Go takes for the key's. */
const respelled = (key: string, spelling: number): string =>
  spelling === 1 ? key.toUpperCase() : otherSpelling(key, Math.max(0, spelling - 2));

/** The first character by its number. */
function escaped(key: string): string {
  if (key === '') return '""';
  return `"\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${JSON.stringify(key.slice(1)).slice(1)}`;
}

/** No reader of these tests follows lists as deep as they may be here: they are text. */
function deepened(value: Json, depth: number): Json {
  if (depth > 1000) return { raw: `${'['.repeat(depth)}${textOf(value)}${']'.repeat(depth)}` };
  return Array.from({ length: depth }).reduce((json: Json) => ({ list: [json] }), value);
}
