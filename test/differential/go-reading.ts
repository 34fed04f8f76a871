/**
 * How Go's encoding/json reads an index of cocoon's, written down once more and from its documentation: keys without regard
 * to case, the last of several wins, null leaves a field as it was, a repeated map is merged. `go-reader.test.ts` compares it
 * with Go itself.
 */
import { isUtf8 } from 'node:buffer';
import { type Node, type ParseError, parseTree } from 'jsonc-parser';
import { isJson } from '../support/is-json.js';

/** Go would refuse the document: then cocoon opens nothing at all. */
export class GoRefuses extends Error {}

/** encoding/json goes no deeper; our own reading need not either. */
const MAX_DEPTH = 10_000;

export interface GoSnapshot {
  readonly name: string;
  readonly pending: boolean;
  readonly dataDir: string;
  readonly imageDigest: string;
  readonly imageType: string;
  readonly hypervisor: string;
  readonly memory: bigint;
}

export interface GoSnapshotIndex {
  /** Null is a nil pointer. */
  readonly snapshots: ReadonlyMap<string, GoSnapshot | null>;
  readonly names: ReadonlyMap<string, string>;
  /** The phase of each. */
  readonly tombstones: ReadonlyMap<string, string>;
}

/** Throws `GoRefuses`. */
export function goSnapshotIndex(bytes: Uint8Array): GoSnapshotIndex {
  const fields = fieldsOf(documentOf(bytes));
  return {
    snapshots: mapOf(fields, 'snapshots', (node) => (node.type === 'null' ? null : goSnapshot(node))),
    names: mapOf(fields, 'names', (node) => stringFrom([node])),
    tombstones: mapOf(fields, 'tombstones', (node) => stringFrom(fieldsOf(node).get('phase') ?? [])),
  };
}

/** The digest of each image of an index of cloud images; throws `GoRefuses`. */
export function goImageDigests(bytes: Uint8Array): ReadonlyMap<string, string> {
  const digestOf = (node: Node) => stringFrom(fieldsOf(node).get('content_sum') ?? []);
  return mapOf(fieldsOf(documentOf(bytes)), 'images', digestOf);
}

export const goSnapshotOf = (bytes: Uint8Array): GoSnapshot => goSnapshot(documentOf(bytes));

function goSnapshot(node: Node): GoSnapshot {
  const fields = fieldsOf(node);
  const text = (key: string) => stringFrom(fields.get(key) ?? []);
  return {
    name: text('name'),
    pending: (fields.get('pending') ?? []).reduce((value, field) => booleanFrom(field) ?? value, false),
    dataDir: text('data_dir'),
    imageDigest: text('image_digest'),
    imageType: text('image_type'),
    hypervisor: text('hypervisor'),
    memory: (fields.get('memory') ?? []).reduce((value, field) => integerFrom(field) ?? value, 0n),
  };
}

/** A node of a document, with the text that numbers are read from. */
let source = '';

function documentOf(bytes: Uint8Array): Node {
  source = goText(bytes);
  if (depthOf(source) > MAX_DEPTH) throw new GoRefuses('too deep');
  // parseTree goes on behind a mistake, and calls itself for each bracket of what is no string any more.
  if (!isJson(source)) throw new GoRefuses('not JSON');
  const errors: ParseError[] = [];
  const tree = parseTree(source, errors, { disallowComments: true, allowTrailingComma: false });
  if (tree === undefined || errors.length > 0) throw new GoRefuses('not JSON');
  return tree;
}

/** Every byte that is no UTF-8 is one U+FFFD to Go. */
export function goText(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return Buffer.from(bytes).toString('utf8');
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = [1, 2, 3, 4].find((count) => at + count <= bytes.length && isUtf8(bytes.subarray(at, at + count)));
    text += length === undefined ? '\ufffd' : Buffer.from(bytes.subarray(at, at + length)).toString('utf8');
    at += length ?? 1;
  }
  return text;
}

function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{]|[\]}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    else if (token === ']' || token === '}') depth -= 1;
  }
  return deepest;
}

/** The values of each key of an object, in their order, by what Go folds the key to. */
function fieldsOf(node: Node): ReadonlyMap<string, readonly Node[]> {
  if (node.type === 'null') return new Map();
  if (node.type !== 'object') throw new GoRefuses(`${node.type} where an object was expected`);
  const fields = new Map<string, Node[]>();
  for (const { children = [] } of node.children ?? []) {
    const [key, value] = children;
    if (key === undefined || value === undefined) throw new GoRefuses('half a member');
    const folded = String(key.value).replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase();
    fields.set(folded, [...(fields.get(folded) ?? []), value]);
  }
  return fields;
}

function mapOf<T>(fields: ReadonlyMap<string, readonly Node[]>, name: string, read: (node: Node) => T) {
  const map = new Map<string, T>();
  for (const node of fields.get(name) ?? []) {
    if (node.type === 'null') map.clear();
    else if (node.type !== 'object') throw new GoRefuses(`${name} is a ${node.type}`);
    for (const { children = [] } of node.type === 'object' ? (node.children ?? []) : []) {
      const [key, value] = children;
      if (key !== undefined && value !== undefined) map.set(wellFormed(String(key.value)), read(value));
    }
  }
  return map;
}

function stringFrom(nodes: readonly Node[]): string {
  let text = '';
  for (const node of nodes) {
    if (node.type === 'null') continue;
    if (node.type !== 'string') throw new GoRefuses(`${node.type} where a string was expected`);
    text = wellFormed(String(node.value));
  }
  return text;
}

function booleanFrom(node: Node): boolean | null {
  if (node.type === 'null') return null;
  if (node.type !== 'boolean') throw new GoRefuses(`${node.type} where a boolean was expected`);
  return node.value === true;
}

function integerFrom(node: Node): bigint | null {
  if (node.type === 'null') return null;
  const digits = source.slice(node.offset, node.offset + node.length);
  if (node.type !== 'number' || !/^-?[0-9]+$/.test(digits) || BigInt.asIntN(64, BigInt(digits)) !== BigInt(digits)) {
    throw new GoRefuses(`${digits.slice(0, 40)} where an integer was expected`);
  }
  return BigInt(digits);
}

/** Half a surrogate pair is U+FFFD to Go. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
