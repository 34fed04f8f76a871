import { DEPTH_LIMIT, VALUE_LIMIT } from './json-limits.js';
import { foldedKeys, foldKey, type JsonValue, type ObjectShape, type Shape } from './json-shape.js';

/** A value takes two characters at least, so a text that is no longer than this holds no more values than it may. */
const LENGTH_LIMIT = 2 * VALUE_LIMIT;

/**
 * The document of a text that is, letter by letter, what JavaScript would write for it: such a text repeats no key, and
 * writes each number and each string in the one way. The sidecars of real snapshots are such texts. Undefined for every other text, and for one that `checkShape` would
 * refuse: that one takes several times as long, and can say why.
 */
export function plainDocument(text: string, shape: Shape): JsonValue | undefined {
  // JavaScript writes half a surrogate pair as an escape.
  if (text.length > LENGTH_LIMIT || text.includes('\\ud')) return undefined;
  try {
    const document: unknown = JSON.parse(text);
    return JSON.stringify(document) === text ? checked(document, shape, 0) : undefined;
  } catch {
    return undefined;
  }
}

/** A value with objects that have no prototype; undefined where it is not of the shape. */
function checked(value: unknown, shape: Shape | null, depth: number): JsonValue | undefined {
  const expected = shape === 'any' ? null : shape;
  if (typeof value !== 'object' || value === null) {
    return isLiteral(value, expected) ? (value as JsonValue) : undefined;
  }
  if (depth === DEPTH_LIMIT || typeof expected === 'string') return undefined;
  return Array.isArray(value) ? checkedList(value, expected, depth) : checkedObject(value, expected, depth);
}

function isLiteral(value: unknown, shape: Exclude<Shape, 'any'> | null): boolean {
  if (shape === null || value === null) return true;
  return shape === 'integer' ? Number.isSafeInteger(value) : typeof value === shape;
}

type Container = Exclude<Shape, string> | null;

function checkedList(list: readonly unknown[], shape: Container, depth: number): JsonValue | undefined {
  if (shape !== null && !('items' in shape)) return undefined;
  const items = shape?.items ?? null;
  const values: JsonValue[] = [];
  for (const item of list) {
    const value = isStrayNull(item, items) ? undefined : checked(item, items, depth + 1);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function checkedObject(object: object, shape: Container, depth: number): JsonValue | undefined {
  if (shape !== null && 'items' in shape) return undefined;
  const plain: Record<string, JsonValue> = Object.create(null);
  for (const [key, member] of Object.entries(object)) {
    const isMap = shape !== null && 'values' in shape;
    const next = shape === null ? null : isMap ? shape.values : fieldOf(shape, key);
    if (next === undefined || (isMap && isStrayNull(member, next))) return undefined;
    const value = checked(member, next, depth + 1);
    if (value === undefined) return undefined;
    plain[key] = value;
  }
  return plain;
}

/** In a list or map null leaves behind in Go what no writer meant. */
function isStrayNull(value: unknown, shape: Shape | null): boolean {
  return value === null && shape !== null && shape !== 'any';
}

/** The shape under a key; null where nobody knows the key, undefined where one reader takes it for another. */
function fieldOf(shape: ObjectShape, key: string): Shape | null | undefined {
  if (Object.hasOwn(shape.fields, key)) return shape.fields[key];
  return foldedKeys(shape).has(foldKey(key)) ? undefined : null;
}
