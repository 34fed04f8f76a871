/** JSON as Go's encoding/json reads and writes it. */
import { Failure } from './failure.mjs';

export function parseGoJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(wordsOf(text, error));
  }
}

function wordsOf(text, error) {
  const at = Number(/position (\d+)/.exec(error.message)?.[1] ?? text.length);
  if (at >= text.length || /end of (JSON )?input/i.test(error.message)) return 'unexpected end of JSON input';
  const where = /after JSON/.test(error.message) ? 'after top-level value' : 'looking for beginning of value';
  return `invalid character '${text[at]}' ${where}`;
}

/** One line, as `json.Marshal` has it. */
export function marshal(value) {
  return escapeHtml(JSON.stringify(value));
}

/** Two spaces a level, as cocoon prints it. */
export function marshalIndented(value) {
  return `${escapeHtml(JSON.stringify(value, null, 2))}\n`;
}

/** The object with its keys in order, as Go writes a map. */
export function sorted(object) {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/**
 * The fields that a Go struct has, in its order: a name that ends in `?` is left out when it is empty, any other is
 * there, and what the struct does not know is lost.
 */
export function shaped(fields, source, zeros = {}) {
  const result = {};
  for (const field of fields) {
    const optional = field.endsWith('?');
    const name = optional ? field.slice(0, -1) : field;
    const value = name.endsWith('_ids') ? sorted(source?.[name] ?? {}) : source?.[name];
    if (!isEmpty(value)) result[name] = value;
    else if (!optional) result[name] = value ?? zeros[name] ?? '';
  }
  return result;
}

function isEmpty(value) {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function escapeHtml(text) {
  return text.replace(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The time now to the nanosecond, as Go writes it: without zeros at the end. */
export function now() {
  const finer = String(process.hrtime.bigint() % 1_000_000n).padStart(6, '0');
  const digits = `${new Date().toISOString().slice(0, -1)}${finer}`;
  return `${digits.replace(/\.?0+$/, '')}Z`;
}
