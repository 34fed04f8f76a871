import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import * as v from 'valibot';

/** A record of the state directory as it stands in its file, or why it does not count. */
export type Decoded<T> = { readonly ok: true; readonly record: T } | { readonly ok: false; readonly reason: string };

/** What every record has beside its own fields. */
export const recordFields = {
  /** The resolved root of the store that it is about. */
  store: v.string(),
  checksum: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
};

/** 64 lower-case hexadecimal digits; what is no cloud image has an ending that says what it is. */
const BLOB = /^[0-9a-f]{64}(?:\.[a-z]{1,10}){0,2}$/;
export const blobName = v.pipe(v.string(), v.regex(BLOB));
export const isBlobName = (text: string): boolean => BLOB.test(text);

export const taggedDigest = v.pipe(v.string(), v.regex(/^sha256:[0-9a-f]{64}$/, 'not sha256: and 64 digits'));
export const byteCount = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** RFC 3339 in UTC with milliseconds, as `Date.toISOString` writes it. */
export const timestamp = v.pipe(v.string(), v.isoTimestamp());

/**
 * JSON with the keys of every object in order of their code units and no space: one text for one value, whatever order
 * it was built or parsed in.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

function checksumOf(fields: object): string {
  return createHash('sha256').update(canonicalJson(fields)).digest('hex');
}

/** Adds the checksum over all other fields. It tells rot and truncation; against people there are owner and mode. */
export function sealedWithChecksum<T extends object>(fields: T): T & { readonly checksum: string } {
  return { ...fields, checksum: checksumOf(fields) };
}

/** A record as the text of its file, laid out for people. */
export function encodeRecord(record: object): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** Reads a record back: UTF-8, JSON, known version, every field as the schema says and no other, its checksum right. */
export function decodeRecord<T extends { readonly checksum: string }>(
  bytes: Uint8Array,
  version: number,
  schema: v.GenericSchema<unknown, T>,
): Decoded<T> {
  let value: unknown;
  try {
    if (!isUtf8(bytes)) return { ok: false, reason: 'not JSON' };
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return { ok: false, reason: 'not JSON' };
  }
  const versioned = v.safeParse(v.looseObject({ version: v.number() }), value);
  if (!versioned.success) return { ok: false, reason: 'has no version' };
  if (versioned.output.version !== version) {
    return { ok: false, reason: `its version ${versioned.output.version} is not known, only ${version} is` };
  }
  // Before the checksum: only what has the schema's shape is walked.
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) return { ok: false, reason: describeIssue(parsed.issues[0]) };
  const { checksum, ...fields } = parsed.output;
  if (checksum !== checksumOf(fields)) return { ok: false, reason: 'its checksum does not fit' };
  return { ok: true, record: parsed.output };
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  return `${v.getDotPath(issue) ?? 'its content'}: ${issue.message}`;
}
