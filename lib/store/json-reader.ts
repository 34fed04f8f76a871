import { DEPTH_LIMIT, VALUE_LIMIT } from './json-limits.js';
import { foldKey, type Shape, zeroOf } from './json-shape.js';

const BACKSLASH = 0x5c;

/** A document that is no JSON, is not of its shape, or could be read differently by two readers. */
export class Malformed extends Error {
  /** Where in the text, in UTF-16 units. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.offset = offset;
  }
}

/**
 * Reads a text as its shape says, in one pass that ends at the limits of depth and count. The members of an object are
 * seen one by one, as no parser that returns objects shows them.
 */
export class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #values = 0;
  /** Under a key that nobody knows: its value is gone through and not kept. */
  #skipping = false;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(shape: Shape): unknown {
    this.#skipSpace();
    const value = this.#readValue(shape, 'the document');
    this.#skipSpace();
    if (this.#at < this.#text.length) throw new Malformed('something follows the document', this.#at);
    return value;
  }

  #readValue(shape: Shape, where: string): unknown {
    this.#values += 1;
    if (this.#values > VALUE_LIMIT) throw new Malformed(`it holds more than ${VALUE_LIMIT} values`, this.#at);
    const start = this.#at;
    const is = (found: string, fits: boolean) => {
      if (!fits && shape !== 'any') throw new Malformed(`${where} is ${found}, not ${nameOf(shape)}`, start);
    };
    switch (this.#text[start]) {
      case '{':
        is('an object', typeof shape === 'object' && !('items' in shape));
        return this.#nested(() => this.#readObject(shape, where));
      case '[':
        is('an array', typeof shape === 'object' && 'items' in shape);
        return this.#nested(() => this.#readArray(shape, where));
      case '"':
        is('a string', shape === 'string');
        return this.#skipping ? this.#rawString() : this.#readString();
      case 't':
        is('true', shape === 'boolean');
        return this.#readWord('true', true);
      case 'f':
        is('false', shape === 'boolean');
        return this.#readWord('false', false);
      case 'n':
        return this.#readWord('null', zeroOf(shape));
      default: {
        const number = this.#readNumber();
        is('a number', shape === 'integer');
        return shape === 'integer' ? integerOf(number, start, where) : Number(number);
      }
    }
  }

  #nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEPTH_LIMIT) throw new Malformed(`it is nested more than ${DEPTH_LIMIT} deep`, this.#at);
    this.#at += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #readObject(shape: Shape, where: string): unknown {
    const fields = typeof shape === 'object' && 'fields' in shape ? shape.fields : null;
    const values = typeof shape === 'object' && 'values' in shape ? shape.values : null;
    const folded = new Map(Object.keys(fields ?? {}).map((key) => [foldKey(key), key]));
    const found: Record<string, unknown> = Object.create(null);
    for (const [key, field] of Object.entries(fields ?? {})) found[key] = zeroOf(field);
    const map = new Map<string, unknown>();
    const seen = new Set<string>();

    this.#readMembers('}', () => {
      const start = this.#at;
      const key = this.#readKey();
      if (seen.has(key)) throw new Malformed(`the key ${JSON.stringify(key)} is repeated`, start);
      seen.add(key);
      const field = fields !== null && Object.hasOwn(fields, key) ? fields[key] : undefined;
      const known = folded.get(foldKey(key));
      if (field === undefined && known !== undefined) {
        throw new Malformed(`one reader takes the key ${JSON.stringify(key)} for "${known}", another does not`, start);
      }
      if (values !== null) map.set(key, this.#readPresent(values, `${where}.${key}`));
      else if (field !== undefined) found[key] = this.#readValue(field, `${where}.${key}`);
      else if (fields === null) found[key] = this.#readValue('any', key);
      else this.#skipValue(key);
    });
    return values === null ? found : map;
  }

  #skipValue(key: string): void {
    const outer = this.#skipping;
    this.#skipping = true;
    this.#readValue('any', key);
    this.#skipping = outer;
  }

  #readArray(shape: Shape, where: string): unknown {
    const items = typeof shape === 'object' && 'items' in shape ? shape.items : null;
    const found: unknown[] = [];
    this.#readMembers(']', () => {
      const place = `${where}[${found.length}]`;
      found.push(items === null ? this.#readValue('any', place) : this.#readPresent(items, place));
    });
    return found;
  }

  /** In a list or map null leaves a nil pointer behind in Go, or a zero value that no writer meant. */
  #readPresent(shape: Shape, where: string): unknown {
    if (shape !== 'any' && this.#text[this.#at] === 'n') throw new Malformed(`${where} is null`, this.#at);
    return this.#readValue(shape, where);
  }

  #readMembers(end: string, readMember: () => void): void {
    this.#skipSpace();
    if (this.#text[this.#at] === end) {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#skipSpace();
      readMember();
      this.#skipSpace();
      const next = this.#text[this.#at];
      if (next !== ',' && next !== end) throw this.#unexpected();
      this.#at += 1;
      if (next === end) return;
    }
  }

  #readKey(): string {
    if (this.#text[this.#at] !== '"') throw this.#unexpected();
    const key = this.#readString();
    this.#skipSpace();
    if (this.#text[this.#at] !== ':') throw this.#unexpected();
    this.#at += 1;
    this.#skipSpace();
    return key;
  }

  /** Most of a sidecar is in a few long strings, so the quotes are looked for, not the characters gone through. */
  #rawString(): string {
    const start = this.#at;
    let end = start;
    do {
      end = this.#text.indexOf('"', end + 1);
      if (end === -1) throw new Malformed('it ends in a string', this.#text.length);
    } while (isEscaped(this.#text, end));
    this.#at = end + 1;
    return this.#text.slice(start + 1, end);
  }

  #readString(): string {
    const start = this.#at;
    const raw = this.#rawString();
    if (!raw.includes('\\')) return raw;
    let value: string;
    try {
      value = JSON.parse(`"${raw}"`) as string;
    } catch {
      throw new Malformed('a string holds an escape that is none', start);
    }
    // Go reads half a surrogate pair as U+FFFD, JavaScript as it stands.
    if (/\p{Surrogate}/u.test(value)) throw new Malformed('a string holds half a surrogate pair', start);
    return value;
  }

  #readNumber(): string {
    const pattern = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
    pattern.lastIndex = this.#at;
    const digits = pattern.exec(this.#text)?.[0];
    if (digits === undefined) throw this.#unexpected();
    this.#at += digits.length;
    return digits;
  }

  #readWord<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw this.#unexpected();
    this.#at += word.length;
    return value;
  }

  #skipSpace(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'x')) this.#at += 1;
  }

  #unexpected(): Malformed {
    const found = this.#text[this.#at];
    if (found === undefined) return new Malformed('it ends too early', this.#at);
    return new Malformed(`${JSON.stringify(found)} is not expected here`, this.#at);
  }
}

function isEscaped(text: string, quote: number): boolean {
  let before = quote;
  while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
  return (quote - before) % 2 === 1;
}

/** Go takes `1e3` and `1.0` for no integer. */
function integerOf(digits: string, offset: number, where: string): number {
  const value = Number(digits);
  if (/^-?[0-9]+$/.test(digits) && Number.isSafeInteger(value)) return value + 0;
  throw new Malformed(`${where} is ${digits.slice(0, 40)}, not an integer below 2^53`, offset);
}

function nameOf(shape: Shape): string {
  if (typeof shape === 'string') return shape === 'integer' ? 'an integer' : `a ${shape}`;
  return 'items' in shape ? 'an array' : 'an object';
}
