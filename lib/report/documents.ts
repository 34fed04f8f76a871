import * as v from 'valibot';
import { findingCodes } from '../finding/catalogue.js';
import {
  basisSchema,
  count,
  digest,
  type Frozen,
  findingSchema,
  orNull,
  readFromSchema,
  text,
  verdictSchema,
} from './document-parts.js';
import { inspectSchema } from './inspect-document.js';
import { installSchema } from './install-document.js';
import { sealDocumentSchema } from './seal-document.js';

export { basisSchema, type Verdict, verdictSchema } from './document-parts.js';
export { type InstallReport, type InstallStep, installSchema } from './install-document.js';
export { type SealedBlob, type SealReport, sealDocumentSchema } from './seal-document.js';

/**
 * The JSON documents that commands print, one schema each: the types that the code uses and the JSON Schema files of the
 * package are both made from these. What is not known is null, never left out.
 */

const chainLinkSchema = v.strictObject({ path: text, format: orNull(text), digest: orNull(digest) });

const diskSchema = v.strictObject({
  file: text,
  role: v.picklist(['cow', 'cidata', 'data', 'layer']),
  format: v.picklist(['qcow2', 'raw']),
  /** Bytes. */
  virtualSize: orNull(count),
  dirty: orNull(v.boolean()),
  chain: v.array(chainLinkSchema),
});
export type DiskReport = Frozen<v.InferOutput<typeof diskSchema>>;

const blobSchema = v.strictObject({
  path: text,
  bytes: orNull(count),
  expected: orNull(digest),
  actual: orNull(digest),
  basis: orNull(basisSchema),
  how: orNull(v.picklist(['hashed', 'receipt'])),
  readFrom: orNull(readFromSchema),
  seconds: orNull(v.number()),
});
export type BlobReport = Frozen<v.InferOutput<typeof blobSchema>>;

/** One thing that was asked about: a snapshot, an image, or an overlay outside cocoon. */
const entrySchema = v.strictObject({
  ref: text,
  id: orNull(text),
  name: orNull(text),
  verdict: verdictSchema,
  findings: v.array(findingSchema),
  disks: v.array(diskSchema),
  blobs: v.array(blobSchema),
});
export type EntryReport = Frozen<v.InferOutput<typeof entrySchema>>;

const summarySchema = v.strictObject({ allow: count, deny: count, unverified: count, skipped: count });
export type Summary = Frozen<v.InferOutput<typeof summarySchema>>;

export const verifySchema = v.strictObject({
  schema: v.literal('blobcheck/verify/v1'),
  verdict: verdictSchema,
  root: orNull(text),
  engine: orNull(v.picklist(['json', 'sqlite'])),
  seconds: v.number(),
  summary: summarySchema,
  findings: v.array(findingSchema),
  snapshots: v.array(entrySchema),
  images: v.array(entrySchema),
  overlays: v.array(entrySchema),
});
export type VerifyReport = Frozen<v.InferOutput<typeof verifySchema>>;

const ensureStepSchema = v.strictObject({
  /** Null where a reference was pulled that the index did not know. */
  blob: orNull(text),
  path: orNull(text),
  /** The finding that asks for it; null where the policy does. */
  because: orNull(v.picklist(findingCodes)),
  /** `planned`: by --dry-run; `present`: somebody else was faster; `refused`: see findings, the store is as it was. */
  outcome: v.picklist(['planned', 'present', 'pulled', 'imported', 'copied', 'refused']),
  /** URL or file. */
  source: orNull(text),
  seconds: v.number(),
  findings: v.array(findingSchema),
});
export type EnsureStep = Frozen<v.InferOutput<typeof ensureStepSchema>>;

export const ensureSchema = v.strictObject({
  schema: v.literal('blobcheck/ensure/v1'),
  verdict: verdictSchema,
  dryRun: v.boolean(),
  steps: v.array(ensureStepSchema),
  /** The verdict on what is there now; with what could not be brought among the findings. */
  verify: verifySchema,
});
export type EnsureReport = Frozen<v.InferOutput<typeof ensureSchema>>;

const sealHistorySchema = v.strictObject({ digest, size: count, basis: basisSchema, since: text, by: text });

/** The process that has the turn to read a blob; what it has not said is null. */
const readingSchema = v.strictObject({
  pid: count,
  host: text,
  since: orNull(text),
  bytesDone: orNull(count),
  bytesTotal: orNull(count),
  bytesPerSecond: orNull(count),
  secondsLeft: orNull(v.number()),
  /** Seconds since it last said how far it is. */
  silentSeconds: orNull(v.number()),
  /** It should have said more by now: it is stopped, or its disk does not answer. */
  stalled: orNull(v.boolean()),
});

/** A process that waits for a blob, as far as we may see it; `what` is its command line, or `hook of REFERENCE`. */
const waitingSchema = v.strictObject({ pid: count, what: text });

const statusBlobSchema = v.strictObject({
  blob: text,
  path: text,
  present: v.boolean(),
  bytes: orNull(count),
  digest: orNull(digest),
  basis: orNull(basisSchema),
  since: orNull(text),
  by: orNull(text),
  lastRead: orNull(text),
  lastResult: orNull(v.picklist(['good', 'bad', 'unsealed'])),
  /** Whether the file is still the one that was read then. */
  unchangedSince: orNull(v.boolean()),
  images: v.array(text),
  snapshots: v.array(text),
  history: v.array(sealHistorySchema),
  reading: orNull(readingSchema),
  waiting: v.array(waitingSchema),
  findings: v.array(findingSchema),
});
export type StatusBlob = Frozen<v.InferOutput<typeof statusBlobSchema>>;

export const statusSchema = v.strictObject({
  schema: v.literal('blobcheck/status/v1'),
  root: orNull(text),
  engine: orNull(v.picklist(['json', 'sqlite'])),
  stateDir: text,
  findings: v.array(findingSchema),
  blobs: v.array(statusBlobSchema),
});
export type StatusReport = Frozen<v.InferOutput<typeof statusSchema>>;

export const hashSchema = v.strictObject({
  schema: v.literal('blobcheck/hash/v1'),
  engine: v.picklist(['native', 'wasm']),
  files: v.array(
    v.strictObject({
      path: text,
      digest: orNull(digest),
      bytes: orNull(count),
      readFrom: orNull(readFromSchema),
      seconds: orNull(v.number()),
      error: orNull(text),
    }),
  ),
});
export type HashReport = Frozen<v.InferOutput<typeof hashSchema>>;

export const explainSchema = v.strictObject({
  schema: v.literal('blobcheck/explain/v1'),
  code: v.picklist(findingCodes),
  severity: v.picklist(['error', 'unverified', 'warning', 'info']),
  means: text,
  matters: text,
  mend: text,
});
export type ExplainReport = Frozen<v.InferOutput<typeof explainSchema>>;

/** Every document, by the name of the command that prints it. */
export const documentSchemas = {
  verify: verifySchema,
  ensure: ensureSchema,
  seal: sealDocumentSchema,
  status: statusSchema,
  hash: hashSchema,
  inspect: inspectSchema,
  explain: explainSchema,
  install: installSchema,
} as const;
