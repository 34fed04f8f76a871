import * as v from 'valibot';
import { blobName, byteCount, recordFields, taggedDigest, timestamp } from './record.js';

/** The format of a seal's file. A newer one is never guessed at. */
export const SEAL_VERSION = 1;

/** Earlier seals that one seal remembers; the oldest go first. Ten years of a base that is replaced every quarter. */
export const MAX_HISTORY = 40;

/** Why a digest is believed; findings.md. */
export const basisSchema = v.picklist(['name', 'pull', 'proved', 'operator']);
export type Basis = v.InferOutput<typeof basisSchema>;

/** What was decided, apart from the store and the blob that it is about. */
const decision = {
  /** `sha256:` and 64 lower-case hexadecimal digits: what the content must be. */
  digest: taggedDigest,
  /** Bytes. */
  size: byteCount,
  basis: basisSchema,
  /** RFC 3339. */
  since: timestamp,
  /** Who decided: `user@host` and the user's number. */
  by: v.strictObject({ name: v.string(), uid: v.pipe(v.number(), v.safeInteger()) }),
  /** The program's version. */
  tool: v.string(),
};

export const sealSchema = v.strictObject({
  ...recordFields,
  version: v.literal(SEAL_VERSION),
  blob: blobName,
  ...decision,
  /** Seals that this one replaced, the latest first. */
  history: v.pipe(v.array(v.strictObject(decision)), v.maxLength(MAX_HISTORY)),
});

/** A decision: this blob must have this content. */
export type Seal = Readonly<v.InferOutput<typeof sealSchema>>;

/** A decision without what the state directory adds to it. */
export type NewSeal = Pick<Seal, 'blob' | 'digest' | 'size' | 'basis' | 'since' | 'by' | 'tool'>;
