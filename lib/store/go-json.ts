import { goText, wellFormed } from './go-text.js';

/** A JSON value that Go takes for the same as we do. */
export type GoJson =
  | { readonly kind: 'ok'; readonly value: unknown }
  /** Go does not decode it either. `offset` is that of the byte where decoding stopped, where the parser says it. */
  | { readonly kind: 'undecodable'; readonly reason: string; readonly offset: number | null }
  /** Go decodes it, and we cannot tell to what. */
  | { readonly kind: 'ambiguous'; readonly reason: string };

/** encoding/json goes no deeper. */
const GO_DEPTH = 10_000;

const [BACKSLASH, COLON] = [0x5c, 0x3a];

/**
 * Decodes what cocoon keeps, as Go does where that can be done: bytes that are no UTF-8, half surrogate pairs, depth.
 * A repeated key cannot: in Go the later one adds to what the earlier one has left, and no writer of JSON repeats one.
 */
export function decodeGoJson(bytes: Buffer): GoJson {
  const text = goText(bytes);
  if (text === null) return { kind: 'ambiguous', reason: 'it is not UTF-8' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'undecodable', ...whyNot(error, text, bytes) };
  }
  const { members, depth } = shapeOf(value);
  if (depth > GO_DEPTH) {
    return { kind: 'undecodable', reason: `it is nested more than ${GO_DEPTH} deep`, offset: null };
  }
  if (members !== membersWritten(text)) return { kind: 'ambiguous', reason: 'a key is repeated' };
  if (!text.includes('\\') || !/\\u[dD][89a-fA-F]/.test(text)) return { kind: 'ok', value };
  try {
    value = withWellFormedText(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { kind: 'ambiguous', reason: 'it is nested too deep' };
  }
  return shapeOf(value).members === members
    ? { kind: 'ok', value }
    : { kind: 'ambiguous', reason: 'a key is repeated' };
}

function whyNot(error: unknown, text: string, bytes: Buffer) {
  const reason = error instanceof Error ? error.message : String(error);
  const position = /at position (\d+)/.exec(reason)?.[1];
  const offset = position === undefined ? null : Buffer.byteLength(text.slice(0, Number(position)));
  return { reason: bytes.length === 0 ? 'it is empty' : firstLine(reason), offset };
}

/** V8 quotes the text around the mistake, newlines and all. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').slice(0, 200);
}

/**
 * How many members a JSON text writes: so many of its strings have a colon behind them. An index has megabytes, nearly all
 * of them in strings, and V8 finds a quote much sooner than a loop does.
 */
function membersWritten(text: string): number {
  let members = 0;
  for (let from = text.indexOf('"'); from !== -1; ) {
    let end = text.indexOf('"', from + 1);
    while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
    let next = end + 1;
    while (isBlank(text.charCodeAt(next))) next += 1;
    if (text.charCodeAt(next) === COLON) members += 1;
    from = text.indexOf('"', next);
  }
  return members;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

/** RFC 8259, 2: blank, tab, line feed and carriage return. */
const isBlank = (unit: number): boolean => unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d;

/** How many members a value has, at any depth (fewer than its text writes, where that repeats a key), and how deep it is. */
function shapeOf(value: unknown): { readonly members: number; readonly depth: number } {
  let members = 0;
  let depth = 0;
  for (let level = [value].filter(isNested); level.length > 0; depth += 1) {
    const next: object[] = [];
    for (const each of level) {
      if (Array.isArray(each)) {
        for (const member of each) if (isNested(member)) next.push(member);
        continue;
      }
      // What JSON.parse makes inherits nothing that is listed, and this makes no list of ten thousand names.
      for (const key in each) {
        members += 1;
        const member: unknown = each[key as keyof typeof each];
        if (isNested(member)) next.push(member);
      }
    }
    level = next;
  }
  return { members, depth };
}

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null;

function withWellFormedText(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withWellFormedText);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [wellFormed(key), withWellFormedText(member)]),
  );
}
