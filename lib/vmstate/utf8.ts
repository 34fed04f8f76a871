import { isUtf8 } from 'node:buffer';
import { type Cursor, fail } from './cursor.js';

/** The string in these bytes; a problem where they are not UTF-8: decoded all the same, two names would look alike. */
export function utf8At(cursor: Cursor, at: number, length: number): string {
  if (cursor.problem !== null) return '';
  const bytes = cursor.bytes.subarray(at, at + length);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  fail(cursor, at, 'a string that is not UTF-8');
  return '';
}
