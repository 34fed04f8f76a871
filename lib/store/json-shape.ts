/** A JSON value; objects have no prototype, so `__proto__` is a key like any other. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/**
 * What a reader expects of a document: the keys that it decodes at each place, and their types. Everything else is
 * unknown to it. `any` stands for what is not looked into.
 */
export type Shape = 'string' | 'boolean' | 'integer' | 'any' | ObjectShape | ListShape | MapShape;
export interface ObjectShape {
  readonly fields: Readonly<Record<string, Shape>>;
}
export interface ListShape {
  readonly items: Shape;
}
/** An object whose keys are data. */
export interface MapShape {
  readonly values: Shape;
}

/**
 * The value of a shape as Go decodes it: what is absent or null is the zero value of its type, and an object that is
 * absent is null.
 */
export type ValueOf<S extends Shape> = S extends 'string'
  ? string
  : S extends 'boolean'
    ? boolean
    : S extends 'integer'
      ? number
      : S extends 'any'
        ? JsonValue
        : S extends { readonly fields: infer F extends Readonly<Record<string, Shape>> }
          ? FieldsOf<F> | null
          : S extends { readonly items: infer I extends Shape }
            ? readonly NonNullable<ValueOf<I>>[]
            : S extends { readonly values: infer V extends Shape }
              ? ReadonlyMap<string, NonNullable<ValueOf<V>>>
              : never;
export type FieldsOf<F extends Readonly<Record<string, Shape>>> = { readonly [K in keyof F]: ValueOf<F[K]> };

export function zeroOf(shape: Shape): unknown {
  if (shape === 'string') return '';
  if (shape === 'boolean') return false;
  if (shape === 'integer') return 0;
  if (shape === 'any' || 'fields' in shape) return null;
  return 'items' in shape ? [] : new Map();
}

/** The value of a shape in a document that has been checked against it; objects have no prototype. */
export function shapedValue(document: JsonValue | undefined, shape: Shape): unknown {
  if (document === null || document === undefined) return zeroOf(shape);
  // Go has one integer 0.
  if (shape === 'integer') return (document as number) + 0;
  if (typeof shape === 'string') return document;
  if ('items' in shape) return (document as readonly JsonValue[]).map((item) => shapedValue(item, shape.items));
  const object = document as JsonObject;
  if ('values' in shape) {
    return new Map(Object.entries(object).map(([key, value]) => [key, shapedValue(value, shape.values)]));
  }
  const value: Record<string, unknown> = {};
  for (const key in shape.fields) value[key] = shapedValue(object[key], shape.fields[key] as Shape);
  return value;
}

/**
 * Folds a key as Go's encoding/json compares keys: without regard to case, and U+017F is an s, U+212A a k. Only what
 * folds to ASCII matters: every key that cocoon knows is ASCII.
 */
export function foldKey(key: string): string {
  // Nearly every key is, and three times through it are a part of what reading a sidecar takes.
  if (/^[a-z0-9_-]*$/.test(key)) return key;
  return key
    .replace(/\u017f/g, 's')
    .replace(/\u212a/g, 'k')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

const folded = new WeakMap<ObjectShape, ReadonlyMap<string, string>>();

/** The keys of a shape, by what they fold to. */
export function foldedKeys(shape: ObjectShape): ReadonlyMap<string, string> {
  const known = folded.get(shape);
  if (known !== undefined) return known;
  const keys = new Map(Object.keys(shape.fields).map((key) => [foldKey(key), key]));
  folded.set(shape, keys);
  return keys;
}
