/** A JSON document as its text has it: keys that are repeated, in their order, and numbers as they are written. */
export type Json =
  | { readonly object: readonly Member[] }
  | { readonly list: readonly Json[] }
  | { readonly string: string }
  /** A number, `true`, `false`, `null`, or what is no JSON at all. */
  | { readonly raw: string };

export type Member = readonly [key: string, value: Json];

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
  return `{${json.object.map(([key, value]) => `${JSON.stringify(key)}:${textOf(value)}`).join(',')}}`;
}

/** The values directly inside. */
export function partsOf(json: Json): readonly Json[] {
  if ('list' in json) return json.list;
  return 'object' in json ? json.object.map(([, value]) => value) : [];
}

/** The number of values, with itself. */
export function sizeOf(json: Json): number {
  return partsOf(json).reduce((sum, part) => sum + sizeOf(part), 1);
}
