import type { Shape } from '../../../lib/store/json-shape.js';
import type { Json, Member } from '../inputs/json-document.js';

/** A document that a reader does not take. */
export class Refused extends Error {}

/** How a reader finds the member of a field, and what it makes of half a surrogate pair. */
interface Reader {
  isCalled(key: string, field: string): boolean;
  text(string: string): string;
}

/** Go's encoding/json: the last key that is the field's without regard to case, where U+017F is an s and U+212A a k. */
const go: Reader = {
  isCalled: (key, field) => folded(key) === folded(field),
  text: (string) => string.replace(/\p{Surrogate}/gu, '\ufffd'),
};

/** JavaScript, and serde but for repeated keys, which it refuses. */
const exact: Reader = { isCalled: (key, field) => key === field, text: (string) => string };

export const goReading = (json: Json, shape: Shape): unknown => reading(go, json, shape);
export const exactReading = (json: Json, shape: Shape): unknown => reading(exact, json, shape);

/** Of a value of the library only what the two readings tell, too. */
export function comparable(value: unknown, shape: Shape): unknown {
  if (shape === 'any') return null;
  if (typeof shape === 'string' || value === null) return value;
  if ('items' in shape) return (value as readonly unknown[]).map((item) => comparable(item, shape.items));
  if ('values' in shape) {
    const members = value as ReadonlyMap<string, unknown>;
    return inOrder([...members].map(([key, member]) => [key, comparable(member, shape.values)]));
  }
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.entries(shape.fields).map(([key, field]) => [key, comparable(fields[key], field)]);
}

const literal = /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$/;

function reading(reader: Reader, json: Json | undefined, shape: Shape): unknown {
  if (json === undefined) return zero(shape);
  if ('raw' in json && !literal.test(json.raw)) throw new Refused(`${json.raw} is no JSON`);
  if ('raw' in json && json.raw === 'null') return zero(shape);
  if (shape === 'any') return null;
  if (typeof shape === 'string') return scalar(reader, json, shape);
  if ('items' in shape) {
    if (!('list' in json)) throw new Refused('not a list');
    return json.list.map((item) => reading(reader, item, shape.items));
  }
  if (!('object' in json)) throw new Refused('not an object');
  if ('values' in shape) return members(reader, json.object, shape.values);
  return Object.entries(shape.fields).map(([field, inner]) => {
    const named = json.object.filter(([key]) => reader.isCalled(key, field));
    return [field, reading(reader, named.at(-1)?.[1], inner)];
  });
}

function members(reader: Reader, object: readonly Member[], shape: Shape): unknown {
  const values = new Map(object.map(([key, value]) => [reader.text(key), reading(reader, value, shape)]));
  return inOrder([...values]);
}

/** JavaScript puts keys that look like numbers first. */
const inOrder = (members: [string, unknown][]) => members.sort(([a], [b]) => (a < b ? -1 : 1));

function scalar(reader: Reader, json: Json, shape: 'string' | 'boolean' | 'integer'): unknown {
  if (shape === 'string' && 'string' in json) return reader.text(json.string);
  if (shape === 'boolean' && 'raw' in json && /^(true|false)$/.test(json.raw)) return json.raw === 'true';
  if (shape === 'integer' && 'raw' in json && /^-?(0|[1-9][0-9]*)$/.test(json.raw)) {
    const number = BigInt(json.raw);
    if (BigInt(Number(number)) === number) return Number(number);
  }
  throw new Refused(`not a ${shape}`);
}

function zero(shape: Shape): unknown {
  if (shape === 'string') return '';
  if (shape === 'boolean') return false;
  if (shape === 'integer') return 0;
  return shape !== 'any' && ('items' in shape || 'values' in shape) ? [] : null;
}

function folded(key: string): string {
  return key
    .replace(/[sS\u017f]/g, 's')
    .replace(/[kK\u212a]/g, 'k')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
