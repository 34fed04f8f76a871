import { isUtf8 } from 'node:buffer';
import { checkShape, Malformed } from './json-checker.js';
import { DOCUMENT_LIMIT } from './json-limits.js';
import { type FieldsOf, type JsonValue, type ObjectShape, shapedValue } from './json-shape.js';
import { plainDocument } from './plain-json.js';

/** A document that every reader reads alike, or why it is none. */
export type StrictJson<T> =
  | {
      readonly kind: 'ok';
      /** What the shape names. */
      readonly value: T;
      /** The whole document. */
      readonly document: JsonValue;
    }
  | MalformedJson;

export interface MalformedJson {
  readonly kind: 'malformed';
  readonly reason: string;
  /** Both count from 1; columns in UTF-16 units. */
  readonly line: number;
  readonly column: number;
}

/**
 * Parses a JSON object whose author may be hostile and whose readers differ (rule 4): Go takes the last key that
 * matches without regard to case, JavaScript and Rust exact keys. Refused is whatever two of them could read
 * differently: a repeated key anywhere, a key that folds onto one of the shape's without being it, invalid UTF-8, half
 * a surrogate pair, a byte order mark, bytes after the document; and wrong types, which Go refuses.
 */
export function parseStrict<S extends ObjectShape>(bytes: Buffer, shape: S): StrictJson<FieldsOf<S['fields']>> {
  if (bytes.length > DOCUMENT_LIMIT)
    return malformed(`it has more than ${DOCUMENT_LIMIT} bytes`, { line: 1, column: 1 });
  if (!isUtf8(bytes)) return malformed('it is not valid UTF-8', { line: 1, column: 1 });
  return parseStrictText(bytes.toString('utf8'), shape);
}

/** The same of a text, for a document that stands in a string of another. */
export function parseStrictText<S extends ObjectShape>(text: string, shape: S): StrictJson<FieldsOf<S['fields']>> {
  if (text.charCodeAt(0) === 0xfeff) return malformed('it begins with a byte order mark', { line: 1, column: 1 });
  try {
    const document = plainDocument(text, shape) ?? checkedDocument(text, shape);
    if (document === null) return malformed('it is null', { line: 1, column: 1 });
    return { kind: 'ok', value: shapedValue(document, shape) as FieldsOf<S['fields']>, document };
  } catch (error) {
    if (error instanceof Malformed) return malformed(error.message, positionOf(text, error.offset));
    if (!(error instanceof SyntaxError)) throw error;
    const offset = Number(/at position (\d+)/.exec(error.message)?.[1] ?? 0);
    return malformed((error.message.split('\n')[0] ?? '').slice(0, 200), positionOf(text, offset));
  }
}

function checkedDocument(text: string, shape: ObjectShape): JsonValue {
  checkShape(text, shape);
  // The second opinion on whether it is JSON at all, from the parser that JavaScript itself has.
  return withoutPrototype(JSON.parse(text));
}

function withoutPrototype(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(withoutPrototype);
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  const plain: Record<string, JsonValue> = Object.create(null);
  for (const [key, member] of Object.entries(value)) plain[key] = withoutPrototype(member);
  return plain;
}

function malformed(reason: string, at: { readonly line: number; readonly column: number }): MalformedJson {
  return { kind: 'malformed', reason, line: at.line, column: at.column };
}

function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let begin = 0;
  for (let next = text.indexOf('\n'); next !== -1 && next < offset; next = text.indexOf('\n', begin)) {
    line += 1;
    begin = next + 1;
  }
  return { line, column: offset - begin + 1 };
}
