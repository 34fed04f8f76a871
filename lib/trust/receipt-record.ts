import * as v from 'valibot';
import type { FileIdentity } from '../file/identity.js';
import { blobName, byteCount, recordFields, taggedDigest, timestamp } from './record.js';

/** The format of a receipt's file. A newer one is ignored, which costs a hash. */
export const RECEIPT_VERSION = 1;

/** Decimal, because nanoseconds since 1970 are more than a JSON number holds. */
const decimal = v.pipe(v.string(), v.regex(/^(0|[1-9][0-9]{0,19})$/));

const identitySchema = v.strictObject({
  inode: decimal,
  size: decimal,
  mtimeNs: decimal,
  ctimeNs: decimal,
  birthtimeNs: decimal,
});

export type IdentityRecord = Readonly<v.InferOutput<typeof identitySchema>>;

export const receiptSchema = v.strictObject({
  ...recordFields,
  version: v.literal(RECEIPT_VERSION),
  blob: blobName,
  /** What was read. */
  digest: taggedDigest,
  /** Bytes. */
  size: byteCount,
  identity: identitySchema,
  /** `unsealed`: the content does not hash to the name, and nothing said what it should be. */
  result: v.picklist(['good', 'bad', 'unsealed']),
  /**
   * Of a good one: header and tables were judged by the rules of `tool` on the same bytes, and nothing was found. Absent
   * where that is not known.
   */
  structure: v.optional(v.literal('sound')),
  readFrom: v.picklist(['disk', 'cache']),
  /** When the read began; RFC 3339. */
  at: timestamp,
  seconds: v.pipe(v.number(), v.finite(), v.minValue(0)),
  tool: v.string(),
  /** What the last good receipt said, null if there was none. In a good one null. */
  lastGood: v.nullable(v.strictObject({ digest: taggedDigest, identity: identitySchema, at: timestamp })),
});

/** The record of the last full read of a blob. */
export type Receipt = Readonly<v.InferOutput<typeof receiptSchema>>;

export function identityToRecord(identity: FileIdentity): IdentityRecord {
  return {
    inode: String(identity.inode),
    size: String(identity.size),
    mtimeNs: String(identity.mtimeNs),
    ctimeNs: String(identity.ctimeNs),
    birthtimeNs: String(identity.birthtimeNs),
  };
}

export function identityFromRecord(record: IdentityRecord): FileIdentity {
  return {
    inode: BigInt(record.inode),
    size: BigInt(record.size),
    mtimeNs: BigInt(record.mtimeNs),
    ctimeNs: BigInt(record.ctimeNs),
    birthtimeNs: BigInt(record.birthtimeNs),
  };
}
