import type { JsonObject, JsonValue } from '../../store/json-shape.js';

/** One value that cocoon would not have written. */
export interface Complaint {
  /** Where in the section, such as `.src` or `[0].socket`; empty for the section itself. */
  readonly at: string;
  readonly actual: JsonValue;
  readonly expected: string;
}

/** What a key must hold, in words, when its value is not that; null when it is. */
export type KeyRule = (value: JsonValue) => string | null;

/** Judges an object whose named keys have rules of their own; every other key is judged by `others`. */
export function judgeObject(
  value: JsonValue,
  keys: Readonly<Record<string, KeyRule>>,
  others: KeyRule = scalarWithoutPath,
): Complaint[] {
  if (isEmpty(value)) return [];
  if (!isObject(value)) return [{ at: '', actual: value, expected: 'an object' }];
  const complaints: Complaint[] = [];
  for (const [key, entry] of Object.entries(value)) {
    if (entry === undefined) continue;
    const rule = Object.hasOwn(keys, key) ? keys[key] : undefined;
    const expected = (rule ?? others)(entry);
    if (expected !== null) complaints.push({ at: `.${key}`, actual: entry, expected });
  }
  return complaints;
}

export function judgeList(value: JsonValue, judge: (entry: JsonValue) => Complaint[]): Complaint[] {
  if (value === null) return [];
  if (!isList(value)) return [{ at: '', actual: value, expected: 'a list' }];
  return value.flatMap((entry, index) =>
    judge(entry).map((complaint) => ({ ...complaint, at: `[${index}]${complaint.at}` })),
  );
}

export function scalarOnly(value: JsonValue): Complaint[] {
  const expected = scalarWithoutPath(value);
  return expected === null ? [] : [{ at: '', actual: value, expected }];
}

/** New scalars come with new hypervisor versions and are normal; what could be a path is not. */
export const scalarWithoutPath: KeyRule = (value) => {
  if (isEmpty(value) || typeof value === 'number' || typeof value === 'boolean') return null;
  return typeof value === 'string' && !value.includes('/') ? null : 'a number, true, false or a plain word';
};

export const numbersOnly: KeyRule = (value) =>
  isEmpty(value) || typeof value === 'number' || typeof value === 'boolean' ? null : 'a number, true or false';

export const booleansOnly: KeyRule = (value) => {
  if (isEmpty(value)) return null;
  const plain = isObject(value) && Object.values(value).every((entry) => typeof entry === 'boolean');
  return plain ? null : 'an object of true and false';
};

export const textOnly: KeyRule = (value) => (value === null || typeof value === 'string' ? null : 'text');

export const emptyOnly: KeyRule = (value) => (isEmpty(value) ? null : 'nothing');

export function exactly(...allowed: readonly JsonValue[]): KeyRule {
  return (value) => (value === null || allowed.includes(value) ? null : allowed.map((one) => String(one)).join(' or '));
}

export function matching(pattern: RegExp, inWords: string): KeyRule {
  return (value) => (value === null || (typeof value === 'string' && pattern.test(value)) ? null : inWords);
}

/** Null, false, the empty string, list or object: a section or key that gives nothing. */
export function isEmpty(value: JsonValue): boolean {
  if (value === null || value === false || value === '') return true;
  if (isList(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
