import * as v from 'valibot';
import { type Frozen, orNull, text, verdictSchema } from './document-parts.js';
import { sealDocumentSchema } from './seal-document.js';

const installStepSchema = v.strictObject({
  step: v.picklist(['program', 'file', 'systemd', 'unit', 'process', 'sudo', 'state', 'seal', 'self-test']),
  /**
   * `done`: done, or found to be so; `unchanged`: it was so already; `planned`: `--dry-run`; `refused`: it was not done, or
   * this node clones past the check; `unverified`: it could not be found out.
   */
  outcome: v.picklist(['done', 'unchanged', 'planned', 'warning', 'refused', 'unverified']),
  /** A file, a unit, or a user. */
  subject: orNull(text),
  message: text,
  remedy: orNull(text),
});
export type InstallStep = Frozen<v.InferOutput<typeof installStepSchema>>;

export const installSchema = v.strictObject({
  schema: v.literal('blobcheck/install/v1'),
  command: v.picklist(['install', 'uninstall']),
  dryRun: v.boolean(),
  /** `allow`: all is gated, or gone; `deny`: something was refused, or the node is not gated; else `unverified`. */
  verdict: verdictSchema,
  steps: v.array(installStepSchema),
  /** The first `seal --all`; null where it did not come to that. */
  seal: orNull(sealDocumentSchema),
});
export type InstallReport = Frozen<v.InferOutput<typeof installSchema>>;
