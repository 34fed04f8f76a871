/** A JSON document as its text has it: keys that are repeated, in their order, and numbers as they are written. */
export type Json =
  | { readonly object: readonly Member[] }
  | { readonly list: readonly Json[] }
  | { readonly string: string }
  /** A number, `true`, `false`, `null`, or what is no JSON at all. */
  | { readonly raw: string };

/** `text` is the key as it is spelled, with its quotes, where that is not as JavaScript spells it. */
export type Member = readonly [key: string, value: Json, text?: string];

export function jsonOf(value: unknown): Json {
  if (typeof value === 'string') return { string: value };
  if (Array.isArray(value)) return { list: value.map(jsonOf) };
  if (typeof value !== 'object' || value === null) return { raw: String(value) };
  return { object: Object.entries(value).map(([key, member]) => [key, jsonOf(member)]) };
}

export function textOf(json: Json): string {
  if ('raw' in json) return json.raw;
  if ('string' in json) return JSON.stringify(json.string);
  if ('list' in json) return `[${json.list.map(textOf).join(',')}]`;
  return `{${json.object.map(([key, value, text]) => `${text ?? JSON.stringify(key)}:${textOf(value)}`).join(',')}}`;
}

/** The values directly inside. */
export function partsOf(json: Json): readonly Json[] {
  if ('list' in json) return json.list;
  return 'object' in json ? json.object.map(([, value]) => value) : [];
}

/** Every value of it, itself the last. */
export function* valuesOf(json: Json): Generator<Json> {
  for (const part of partsOf(json)) yield* valuesOf(part);
  yield json;
}

/** How many they are. */
export function sizeOf(json: Json): number {
  return partsOf(json).reduce((sum, part) => sum + sizeOf(part), 1);
}
