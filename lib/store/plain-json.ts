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
    return JSON.stringify(document) === text && fits(document, shape, 0) ? (document as JsonValue) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value is of the shape. Its objects lose their prototype. */
function fits(value: unknown, shape: Shape | null, depth: number): boolean {
  const expected = shape === 'any' ? null : shape;
  if (typeof value !== 'object' || value === null) return isLiteral(value, expected);
  if (depth === DEPTH_LIMIT || typeof expected === 'string') return false;
  return Array.isArray(value) ? listFits(value, expected, depth) : objectFits(value, expected, depth);
}

function isLiteral(value: unknown, shape: Exclude<Shape, 'any'> | null): boolean {
  if (shape === null || value === null) return true;
  return shape === 'integer' ? Number.isSafeInteger(value) : typeof value === shape;
}

type Container = Exclude<Shape, string> | null;

function listFits(list: readonly unknown[], shape: Container, depth: number): boolean {
  if (shape !== null && !('items' in shape)) return false;
  const items = shape?.items ?? null;
  return list.every((item) => !isStrayNull(item, items) && fits(item, items, depth + 1));
}

function objectFits(object: object, shape: Container, depth: number): boolean {
  if (shape !== null && 'items' in shape) return false;
  const isMap = shape !== null && 'values' in shape;
  // What JSON.parse makes inherits nothing that is listed.
  for (const key in object) {
    const member: unknown = object[key as keyof typeof object];
    const next = shape === null ? null : isMap ? shape.values : fieldOf(shape, key);
    if (next === undefined || (isMap && isStrayNull(member, next))) return false;
    if (!fits(member, next, depth + 1)) return false;
  }
  // In place: a copy of each object and its members takes three times as long.
  Object.setPrototypeOf(object, null);
  return true;
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
