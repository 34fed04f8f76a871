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
  const { members, depth } = shapeOf(bytes);
  if (depth > GO_DEPTH) {
    return { kind: 'undecodable', reason: `it is nested more than ${GO_DEPTH} deep`, offset: null };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'undecodable', ...whyNot(error, text, bytes) };
  }
  if (/\\u[dD][89a-fA-F]/.test(text)) {
    try {
      value = withWellFormedText(value);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { kind: 'ambiguous', reason: 'it is nested too deep' };
    }
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

/** How many members a JSON text writes, and how deep it is nested; of a text that is none, any numbers. */
function shapeOf(bytes: Buffer): { readonly members: number; readonly depth: number } {
  let members = 0;
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === COLON) members += 1;
    else if (byte === LEFT_BRACE || byte === LEFT_BRACKET) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (byte === RIGHT_BRACE || byte === RIGHT_BRACKET) depth -= 1;
    else if (byte === QUOTE) {
      at += 1;
      while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    }
  }
  return { members, depth: deepest };
}

/** How many members a value has, at any depth: fewer than its text writes, where that repeats a key. */
function membersIn(value: unknown): number {
  let members = 0;
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const values: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (!Array.isArray(next)) members += values.length;
    for (const inner of values) if (typeof inner === 'object' && inner !== null) open.push(inner);
  }
  return members;
}

function withWellFormedText(value: unknown): unknown {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withWellFormedText);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [wellFormed(key), withWellFormedText(member)]),
  );
}
