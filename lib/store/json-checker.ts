import { type ParseErrorCode, printParseErrorCode, visit } from 'jsonc-parser';
import { DEPTH_LIMIT, VALUE_LIMIT } from './json-limits.js';
import { foldedKeys, foldKey, type Shape } from './json-shape.js';

/** A document that is no JSON, is not of its shape, or could be read differently by two readers. */
export class Malformed extends Error {
  /** Where in the text, in UTF-16 units. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.offset = offset;
  }
}

/** An object or list that the parser is in. */
interface Frame {
  readonly where: string;
  /** What is expected of it; null under a key that nobody knows. */
  readonly shape: Shape | null;
  /** The keys of its shape as Go folds them. */
  readonly folded: ReadonlyMap<string, string>;
  readonly seen: Set<string>;
  /** The key whose value comes next; empty in a list. */
  key: string;
  /** Values so far. */
  count: number;
}

/**
 * Checks a text against its shape while the parser goes through it: it shows the members of an object one by one, so that
 * repeated keys and keys that only fold onto a known one are seen, and it is left at the limits of depth and count before
 * it goes further. Throws `Malformed`.
 */
export function checkShape(text: string, shape: Shape): void {
  const frames: Frame[] = [];
  let values = 0;

  const count = (offset: number) => {
    values += 1;
    if (values > VALUE_LIMIT) throw new Malformed(`it holds more than ${VALUE_LIMIT} values`, offset);
  };
  const begin = (found: 'an object' | 'an array', offset: number) => {
    count(offset);
    if (frames.length >= DEPTH_LIMIT) throw new Malformed(`it is nested more than ${DEPTH_LIMIT} deep`, offset);
    const next = frames.length === 0 ? { shape, where: 'the document' } : nextIn(frames.at(-1));
    const isList = found === 'an array';
    if (next.shape !== null && next.shape !== 'any' && isListShape(next.shape) !== isList) {
      throw wrongType(next.where, found, next.shape, offset);
    }
    frames.push({ ...next, folded: foldedOf(next.shape), seen: new Set(), key: '', count: 0 });
  };
  const end = () => {
    frames.pop();
    const outer = frames.at(-1);
    if (outer !== undefined) outer.count += 1;
  };

  visit(
    text,
    {
      onObjectBegin: (offset) => begin('an object', offset),
      onArrayBegin: (offset) => begin('an array', offset),
      onObjectEnd: end,
      onArrayEnd: end,
      onObjectProperty: (key, offset, length) => {
        const frame = frames.at(-1);
        if (frame !== undefined) enterKey(frame, key, offset, length);
      },
      onLiteralValue: (value, offset, length) => {
        count(offset);
        const frame = frames.at(-1);
        const next = frame === undefined ? { shape, where: 'the document' } : nextIn(frame);
        checkLiteral(value, next, frame, text.slice(offset, offset + length), offset);
        if (frame !== undefined) frame.count += 1;
      },
      onError: (code, offset) => {
        throw new Malformed(errorText(code, offset, text), offset);
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  );
}

interface Expected {
  readonly shape: Shape | null;
  readonly where: string;
}

/** What the next value in an object or list must be, and what to call it. */
function nextIn(frame: Frame | undefined): Expected {
  if (frame === undefined || frame.shape === null || typeof frame.shape === 'string')
    return { shape: null, where: 'it' };
  if ('items' in frame.shape) return { shape: frame.shape.items, where: `${frame.where}[${frame.count}]` };
  const where = `${frame.where}.${frame.key}`;
  if ('values' in frame.shape) return { shape: frame.shape.values, where };
  const known = Object.hasOwn(frame.shape.fields, frame.key) ? frame.shape.fields[frame.key] : undefined;
  return { shape: known ?? null, where };
}

function foldedOf(shape: Shape | null): ReadonlyMap<string, string> {
  return shape === null || typeof shape === 'string' || !('fields' in shape) ? new Map() : foldedKeys(shape);
}

function isListShape(shape: Shape): boolean | null {
  return typeof shape === 'string' ? null : 'items' in shape;
}

function enterKey(frame: Frame, key: string, offset: number, length: number): void {
  refuseHalfPairs(key, length, offset);
  if (frame.seen.has(key)) throw new Malformed(`the key ${JSON.stringify(key)} is repeated`, offset);
  frame.seen.add(key);
  frame.key = key;
  const known = frame.folded.get(foldKey(key));
  if (known !== undefined && known !== key) {
    throw new Malformed(`one reader takes the key ${JSON.stringify(key)} for "${known}", another does not`, offset);
  }
}

function checkLiteral(
  value: unknown,
  { shape, where }: Expected,
  frame: Frame | undefined,
  raw: string,
  offset: number,
): void {
  if (shape === null || shape === 'any') return;
  if (typeof value === 'string') refuseHalfPairs(value, raw.length, offset);
  if (value === null) {
    // In a list or map null leaves a nil pointer behind in Go, or a zero value that no writer meant.
    const isField =
      frame === undefined || (typeof frame.shape === 'object' && frame.shape !== null && 'fields' in frame.shape);
    if (!isField) throw new Malformed(`${where} is null`, offset);
    return;
  }
  if (shape === 'integer' && typeof value === 'number') checkInteger(raw, offset, where);
  else if (typeof value !== shape) {
    throw wrongType(where, typeof value === 'boolean' ? String(value) : `a ${typeof value}`, shape, offset);
  }
}

/** Go reads half a surrogate pair as U+FFFD, JavaScript as it stands; only an escape can write one. */
function refuseHalfPairs(value: string, rawLength: number, offset: number): void {
  if (value.length + 2 === rawLength) return;
  if (/\p{Surrogate}/u.test(value)) throw new Malformed('a string holds half a surrogate pair', offset);
}

/** Go takes `1e3` and `1.0` for no integer. */
function checkInteger(digits: string, offset: number, where: string): void {
  if (/^-?[0-9]+$/.test(digits) && Number.isSafeInteger(Number(digits))) return;
  throw new Malformed(`${where} is ${digits.slice(0, 40)}, not an integer below 2^53`, offset);
}

function wrongType(where: string, found: string, shape: Shape, offset: number): Malformed {
  return new Malformed(`${where} is ${found}, not ${nameOf(shape)}`, offset);
}

function nameOf(shape: Shape): string {
  if (typeof shape === 'string') return shape === 'integer' ? 'an integer' : `a ${shape}`;
  return 'items' in shape ? 'an array' : 'an object';
}

/** The parser's names of its errors in words; a text that ends where more was expected ends too early. */
function errorText(code: ParseErrorCode, offset: number, text: string): string {
  const name = printParseErrorCode(code);
  if (name === 'EndOfFileExpected') return 'something follows the document';
  if (name === 'UnexpectedEndOfString') return 'it ends in a string';
  if (name === 'InvalidCharacter') return 'a string holds a control character';
  if (name === 'InvalidUnicode' || name === 'InvalidEscapeCharacter') return 'a string holds an escape that is none';
  if (name === 'InvalidCommentToken') return 'a comment is no JSON';
  if (offset >= endOf(text)) return 'it ends too early';
  return `${JSON.stringify(text[offset])} is not expected here`;
}

/** Where the white space at the end of a text begins. No expression: at each of a million spaces inside it would try anew. */
function endOf(text: string): number {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text.charAt(end - 1))) end -= 1;
  return end;
}
