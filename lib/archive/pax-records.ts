import { isUtf8 } from 'node:buffer';
import { Malformed } from './malformed.js';

/** Cocoon's own keys (utils/tar.go of cocoon 0.3.8). */
export const SPARSE_MAP = 'COCOON.sparse.map';
export const SPARSE_SIZE = 'COCOON.sparse.size';

/**
 * The keys that Go's archive/tar writes for a regular file of cocoon's: where a value does not fit its field in the header
 * (common.go, allowedFormats), and cocoon's own. No `atime` and `ctime`: without a format of its choice the writer drops
 * both times (writer.go, WriteHeader). No `linkpath`, `SCHILY.xattr.*`, and above all no `GNU.sparse.*`, which Go unpacks.
 */
const KEYS: ReadonlyMap<string, RegExp | null> = new Map([
  ['path', null],
  ['size', /^[1-9][0-9]*$/],
  ['uid', /^[1-9][0-9]{0,9}$/],
  ['gid', /^[1-9][0-9]{0,9}$/],
  ['mtime', /^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?$/],
  ['uname', null],
  ['gname', null],
  [SPARSE_MAP, null],
  [SPARSE_SIZE, /^(0|[1-9][0-9]*)$/],
]);

export type PaxKey = 'path' | 'size' | typeof SPARSE_MAP | typeof SPARSE_SIZE;

/**
 * Reads the records of an extended header, `<length> <key>=<value>\n` each, lengths in their one spelling. Of a repeated key
 * the last counts with Go, an empty value means "as in the header" to it and "none" to POSIX: both are refused.
 */
export function readPaxRecords(bytes: Buffer): ReadonlyMap<PaxKey, string> {
  if (bytes.length === 0) throw new Malformed('an extended header is empty');
  if (!isUtf8(bytes)) throw new Malformed('an extended header is not valid UTF-8');
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const length = lengthAt(bytes, at);
    const record = bytes.subarray(at, at + length);
    const equals = record.indexOf('=');
    if (equals === -1 || record.at(-1) !== 0x0a) throw new Malformed('a PAX record is damaged');
    const key = record.toString('utf8', record.indexOf(' ') + 1, equals);
    const value = record.toString('utf8', equals + 1, length - 1);
    checkRecord(key, value);
    if (records.has(key)) throw new Malformed(`the PAX key ${key} is repeated`);
    records.set(key, value);
    at += length;
  }
  return records as ReadonlyMap<string, string> as ReadonlyMap<PaxKey, string>;
}

/** Bytes of the record that begins here. */
function lengthAt(bytes: Buffer, at: number): number {
  // A record of the longest set has a length of seven digits.
  const digits = /^([1-9][0-9]{0,6}) /.exec(bytes.toString('latin1', at, at + 8))?.[1];
  if (digits === undefined) throw new Malformed('a PAX record has no length');
  const length = Number(digits);
  if (length > bytes.length - at) throw new Malformed('a PAX record is longer than its header');
  if (length < digits.length + 2) throw new Malformed('a PAX record is shorter than its length');
  return length;
}

function checkRecord(key: string, value: string): void {
  const spelling = KEYS.get(key);
  if (spelling === undefined) {
    throw new Malformed(`the PAX key ${JSON.stringify(key.slice(0, 100))} is none that cocoon writes`);
  }
  if (value === '') throw new Malformed(`the PAX key ${key} has no value`);
  if (value.includes('\0')) throw new Malformed(`the value of the PAX key ${key} holds a NUL`);
  if (spelling !== null && !spelling.test(value)) {
    throw new Malformed(`the value of the PAX key ${key} is not written as cocoon writes it`);
  }
}
