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

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [LEFT_BRACKET, RIGHT_BRACKET, LEFT_BRACE, RIGHT_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Decodes what cocoon keeps, as Go does where that can be done: bytes that are no UTF-8, half surrogate pairs, depth.
 * A repeated key cannot: in Go the later one adds to what the earlier one has left, and no writer of JSON repeats one.
 */
export function decodeGoJson(bytes: Buffer): GoJson {
  const text = goText(bytes);
  if (text === null) return { kind: 'ambiguous', reason: 'it is not UTF-8' };
  // Before it is parsed: what is nested without end would fill the memory.
  const { members, depth } = shapeOf(text);
  if (depth > GO_DEPTH) {
    return { kind: 'undecodable', reason: `it is nested more than ${GO_DEPTH} deep`, offset: null };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'undecodable', ...whyNot(error, text, bytes) };
  }
  if (membersIn(value) !== members) return { kind: 'ambiguous', reason: 'a key is repeated' };
  if (!text.includes('\\') || !/\\u[dD][89a-fA-F]/.test(text)) return { kind: 'ok', value };
  try {
    value = withWellFormedText(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { kind: 'ambiguous', reason: 'it is nested too deep' };
  }
  return membersIn(value) === members ? { kind: 'ok', value } : { kind: 'ambiguous', reason: 'a key is repeated' };
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
 * How many members a JSON text writes (each has a colon outside of strings), and how deep it is nested; of a text that is
 * none, any numbers. An index has megabytes, nearly all of them in strings, and V8 finds the end of one sooner than a loop does.
 */
function shapeOf(text: string): { readonly members: number; readonly depth: number } {
  let members = 0;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) at = endOfString(text, at) - 1;
    else if (unit === COLON) members += 1;
    else if (unit === LEFT_BRACE || unit === LEFT_BRACKET) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (unit === RIGHT_BRACE || unit === RIGHT_BRACKET) depth -= 1;
  }
  return { members, depth: deepest };
}

/** Behind the quote that ends a string; the end of the text where none does. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end + 1;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

/** How many members a value has, at any depth: fewer than its text writes, where that repeats a key. */
function membersIn(value: unknown): number {
  let members = 0;
  const open: object[] = [value].filter(isNested);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) {
      for (const member of next) if (isNested(member)) open.push(member);
      continue;
    }
    // What JSON.parse makes inherits nothing that is listed, and this makes no list of ten thousand names.
    for (const key in next) {
      members += 1;
      const member: unknown = next[key as keyof typeof next];
      if (isNested(member)) open.push(member);
    }
  }
  return members;
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
