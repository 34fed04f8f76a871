import * as v from 'valibot';
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

const sealedBlobSchema = v.strictObject({
  blob: text,
  path: text,
  /** `sealed`: written now; `kept`: one was there and the content equals it; `replaced`: by name; `refused`: see findings. */
  outcome: v.picklist(['sealed', 'kept', 'replaced', 'refused']),
  digest: orNull(digest),
  bytes: orNull(count),
  /** Null where it was not read: a receipt spoke for it, or it could not be. */
  readFrom: orNull(readFromSchema),
  basis: orNull(basisSchema),
  /** Why this content is believed, in words. */
  because: orNull(text),
  findings: v.array(findingSchema),
});
export type SealedBlob = Frozen<v.InferOutput<typeof sealedBlobSchema>>;

export const sealDocumentSchema = v.strictObject({
  schema: v.literal('blobcheck/seal/v1'),
  verdict: verdictSchema,
  root: orNull(text),
  findings: v.array(findingSchema),
  blobs: v.array(sealedBlobSchema),
});
export type SealReport = Frozen<v.InferOutput<typeof sealDocumentSchema>>;
