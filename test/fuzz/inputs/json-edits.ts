/** Changes to a JSON document that no writer of it would make, as plain data: what an edit is about it finds by number. */
import fc from 'fast-check';
import { otherSpelling } from './other-spelling.js';

export type JsonEdit =
  /** Takes a member or an item away. */
  | { readonly how: 'drop'; readonly at: number }
  /** Puts this JSON in the place of a value. */
  | { readonly how: 'value'; readonly at: number; readonly json: string }
  /** Puts a copy of another value in its place. */
  | { readonly how: 'copy'; readonly at: number; readonly from: number }
  /** Spells a key otherwise, so that it is the same to Go, or (`escaped`) to everybody. */
  | { readonly how: 'respell'; readonly at: number; readonly spelling: number; readonly escaped: boolean }
  /** Adds a member with the key of another one, spelled otherwise where `spelling` is not 0. */
  | {
      readonly how: 'repeat';
      readonly at: number;
      readonly json: string;
      readonly spelling: number;
      readonly first: boolean;
    }
  | { readonly how: 'add'; readonly at: number; readonly key: string; readonly json: string }
  /** Nests a value in so many lists. */
  | { readonly how: 'deepen'; readonly at: number; readonly depth: number };

type Tree = string | Branch;
interface Branch {
  readonly kind: 'object' | 'list';
  readonly entries: Entry[];
}
interface Entry {
  /** JSON, like every value that is no branch; empty in a list. */
  key: string;
  value: Tree;
}

const values: readonly string[] = [
  ...['null', 'true', 'false', '0', '-1', '-0', '1.5', '1e3', '1E400', '9007199254740993', '18446744073709551616'],
  ...['""', '"x"', '"\\ud800"', '"\\u0000"', '"../../x"', '"/etc/shadow"', '"sha256:"', '"deleting"', '"leased"'],
  ...['[]', '{}', '[null]', '{"__proto__":{"id":"x"}}', '{"":{}}', `"${'a'.repeat(70_000)}"`],
];
const keys = ['__proto__', 'constructor', '', 'pending', 'Pending', 'toString', '\u017fize', 'id', 'phase', '\ud800'];

const json = fc.oneof({ arbitrary: fc.constantFrom(...values), weight: 4 }, fc.json({ maxDepth: 2 }));
const at = fc.nat(10_000);

export const jsonEdits = fc.array(
  fc.oneof(
    fc.record({ how: fc.constant('drop' as const), at }),
    fc.record({ how: fc.constant('value' as const), at, json }),
    fc.record({ how: fc.constant('copy' as const), at, from: at }),
    fc.record({ how: fc.constant('respell' as const), at, spelling: fc.nat(1000), escaped: fc.boolean() }),
    fc.record({ how: fc.constant('repeat' as const), at, json, spelling: fc.nat(50), first: fc.boolean() }),
    fc.record({ how: fc.constant('add' as const), at, key: fc.constantFrom(...keys), json }),
    fc.record({ how: fc.constant('deepen' as const), at, depth: fc.constantFrom(1, 2, 150, 20_000, 200_000) }),
  ) as fc.Arbitrary<JsonEdit>,
  { minLength: 1, maxLength: 4 },
);

/** The text of a document after the edits; one that no longer fits (everything was dropped) changes nothing. */
export function editedJson(document: unknown, edits: readonly JsonEdit[]): string {
  const root: Branch = { kind: 'list', entries: [{ key: '', value: treeOf(document) }] };
  for (const edit of edits) {
    const places = placesIn(root);
    const place = places[edit.at % places.length];
    if (place !== undefined) apply(edit, place, places);
  }
  const top = root.entries[0];
  return top === undefined ? '' : textOf(top.value);
}

interface Place {
  readonly branch: Branch;
  readonly entry: Entry;
}

function apply(edit: JsonEdit, { branch, entry }: Place, places: readonly Place[]): void {
  const index = branch.entries.indexOf(entry);
  switch (edit.how) {
    case 'drop':
      branch.entries.splice(index, 1);
      break;
    case 'value':
      entry.value = edit.json;
      break;
    case 'copy':
      entry.value = structuredClone(places[edit.from % places.length]?.entry.value ?? 'null');
      break;
    case 'respell':
      if (branch.kind === 'object') entry.key = edit.escaped ? escaped(entry.key) : respelled(entry.key, edit.spelling);
      break;
    case 'repeat': {
      if (branch.kind !== 'object') break;
      const key = edit.spelling === 0 ? entry.key : respelled(entry.key, edit.spelling);
      branch.entries.splice(edit.first ? index : index + 1, 0, { key, value: edit.json });
      break;
    }
    case 'add':
      if (typeof entry.value === 'object' && entry.value.kind === 'object') {
        entry.value.entries.push({ key: JSON.stringify(edit.key), value: edit.json });
      }
      break;
    case 'deepen':
      entry.value = `${'['.repeat(edit.depth)}${textOf(entry.value)}${']'.repeat(edit.depth)}`;
  }
}

/** Every value but the document itself first, so that few edits hit the whole of it. */
function placesIn(root: Branch): readonly Place[] {
  const places: Place[] = [];
  const walk = (branch: Branch) => {
    for (const entry of branch.entries) {
      if (typeof entry.value === 'object') walk(entry.value);
      places.push({ branch, entry });
    }
  };
  walk(root);
  return places;
}

function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) {
    return { kind: 'list', entries: value.map((item) => ({ key: '', value: treeOf(item) })) };
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).map(([key, member]) => ({ key: JSON.stringify(key), value: treeOf(member) }));
  return { kind: 'object', entries };
}

function textOf(tree: Tree): string {
  if (typeof tree === 'string') return tree;
  if (tree.kind === 'list') return `[${tree.entries.map(({ value }) => textOf(value)).join(',')}]`;
  return `{${tree.entries.map(({ key, value }) => `${key}:${textOf(value)}`).join(',')}}`;
}

const respelled = (key: string, number: number): string => JSON.stringify(otherSpelling(JSON.parse(key), number));

/** The first character by its number. */
function escaped(key: string): string {
  const text: string = JSON.parse(key);
  if (text === '') return key;
  return `"\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}${JSON.stringify(text.slice(1)).slice(1)}`;
}
