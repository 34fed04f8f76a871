import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryPlace } from '../file/temporary-place.js';
import { type Finding, finding } from '../finding/finding.js';
import { cocoonCommand, commandRemedy, quoteForShell, wordsRemedy } from '../finding/remedy.js';
import type { EnsureReport, EnsureStep, EntryReport } from '../report/documents.js';
import { cloudImageBlob } from '../store/layout.js';
import type { CloudImageEntry } from '../store/records.js';
import type { Store } from '../store/store.js';
import { isUrl } from '../verify/heal.js';
import { openForCheck } from '../verify/open-for-check.js';
import { ensureImage, hexOf, indexedBase, isCloudImage, isOciImage } from '../verify/origin.js';
import type { Run } from '../verify/run.js';
import { verify } from '../verify/verify.js';
import { bringBlob } from './bring.js';
import { runCocoon } from './cocoon.js';
import type { EnsureOptions } from './ensure.js';
import { snapshotsHangingOn } from './hanging.js';
import { type NeededBlob, neededBlobs } from './needed.js';
import type { PullPolicy } from './policy.js';
import { blobFilesIn, sealBrought } from './seal-brought.js';
import { sourceOf } from './sources.js';
import { withStepFindings } from './step-findings.js';

export interface EnsureImagesRequest {
  /** References as `cocoon vm run` takes them. */
  readonly images: readonly string[];
  readonly policy: PullPolicy;
  readonly dryRun?: boolean;
}

/** An open node, and what to do on it. */
interface Work {
  readonly store: Store;
  readonly run: Run;
  readonly options: EnsureOptions;
  readonly dryRun: boolean;
}

/**
 * Brings about that a new machine can be started from an image: pulled into the real store where the policy says so,
 * what is new is sealed, then the verdict on what is there.
 */
export async function ensureImages(request: EnsureImagesRequest, options: EnsureOptions): Promise<EnsureReport> {
  const { images, policy, dryRun = false } = request;
  const before = await verify({ images }, { ...options, content: policy === 'Always' ? 'read' : 'receipt' });
  const steps: EnsureStep[] = [];
  if (policy !== 'Never') {
    const opened = await openForCheck(options);
    if (opened.store !== null) {
      const work = { store: opened.store, run: opened.run, options, dryRun };
      try {
        for (const entry of before.images) steps.push(...(await stepsFor(work, entry, policy)));
      } finally {
        await opened.store.close();
      }
    }
  }
  // What was not brought may have taken its time, too.
  const hasTried = steps.length > 0 && !dryRun;
  const after = hasTried ? await verify({ images }, { ...options, content: 'receipt' }) : before;
  const report = withStepFindings(after, steps);
  return { schema: 'blobcheck/ensure/v1', verdict: report.verdict, dryRun, steps, verify: report };
}

async function stepsFor(work: Work, entry: EntryReport, policy: PullPolicy): Promise<EnsureStep[]> {
  const { ref } = entry;
  if (entry.findings.some(({ code }) => code === 'snapshot-unsupported' || code.startsWith('metadata-'))) return [];
  // Layers and boot files are brought by cocoon's own `image pull`, as their remedies say; all that is left is the verdict.
  if ((await work.store.image(ref)).some(isOciImage)) return [];
  if (policy === 'Always') {
    const pulled = await pull(work, ref, true, null);
    // cocoon keeps a corrupt file under `--force`.
    const again = pulled.outcome === 'pulled' ? await verify({ images: [ref] }, work.options) : null;
    const kept = again?.images.flatMap(neededBlobs) ?? [];
    return [pulled, ...(await healAll(work, ref, kept))];
  }
  if (entry.findings.some(({ code }) => code === 'image-not-found'))
    return [await pull(work, ref, false, 'image-not-found')];
  const healed = await healAll(work, ref, neededBlobs(entry));
  const isElsewhere = healed.some(({ findings }) => findings.some(({ code }) => code === 'pull-other-content'));
  // The tag has moved on upstream: what the reference leads to now is the right image for a new machine.
  return isElsewhere ? [await pull(work, ref, true, 'tag-moved')] : healed;
}

async function healAll(work: Work, ref: string, needed: readonly NeededBlob[]): Promise<EnsureStep[]> {
  const { store, run, options, dryRun } = work;
  const steps: EnsureStep[] = [];
  for (const one of needed) {
    const { request, origin } = await indexedBase(store, one.blob, one.path, {
      image: ref,
      ensure: ensureImage(run.place, ref),
      place: run.place,
    });
    if (dryRun) {
      steps.push({ ...one, outcome: 'planned', source: ref, seconds: 0, findings: [] });
      continue;
    }
    const from = isUrl(ref) ? sourceOf(ref) : null;
    steps.push(await bringBlob({ store, run, cocoon: options.cocoon }, { needed: one, base: request, origin, from }));
  }
  return steps;
}

/** `cocoon image pull` into the real store; what is new there is sealed. */
async function pull(work: Work, ref: string, force: boolean, because: EnsureStep['because']): Promise<EnsureStep> {
  const started = performance.now();
  const { store, options, dryRun } = work;
  const stepOf = (outcome: EnsureStep['outcome'], findings: readonly Finding[]): EnsureStep => {
    const seconds = Math.round(performance.now() - started) / 1000;
    return { blob: null, path: null, because, outcome, source: ref, seconds, findings };
  };
  const refusal = whyNotPullable(ref) ?? (force ? await whyTagMustStay(work, ref) : null);
  if (refusal !== null) return stepOf('refused', [refusal]);
  if (dryRun) return stepOf('planned', []);
  if ('problem' in options.cocoon) return stepOf('refused', [failed(ref, options.cocoon.problem)]);
  const files = await blobFilesIn(store.root);
  const words = ['--root-dir', store.root, 'image', 'pull', ...(force ? ['--force'] : []), ref];
  const place = await mkdtemp(join(temporaryPlace(), 'blobcheck-pull-'));
  const mark = join(place, 'converted');
  const ran = await runCocoon(options.cocoon, words, mark);
  const wasWatched = existsSync(mark);
  await rm(place, { recursive: true, force: true });
  const sealed = await sealBrought(files, [ref], options, { onlyByName: !wasWatched });
  const findings = [...sealed.findings, ...sealed.blobs.flatMap((blob) => blob.findings)];
  if (!ran.ok) return stepOf('refused', [failed(ref, ran.reason), ...findings]);
  return stepOf('pulled', findings);
}

function whyNotPullable(ref: string): Finding | null {
  if (isUrl(ref)) return null;
  return finding('image-not-pullable', `the image cannot be pulled: not a URL (${quoteForShell(ref)})`, {
    subject: ref,
    expected: 'http:// or https://',
    expectedFrom: 'cocoon',
    actual: ref,
    ...wordsRemedy('import it with cocoon image import, or name the URL that it comes from'),
  });
}

/** A forced pull moves the tag; a base that nothing else keeps would be collected then. */
async function whyTagMustStay({ store, run }: Work, ref: string): Promise<Finding | null> {
  const entry = (await store.image(ref)).find((image): image is CloudImageEntry => isCloudImage(image));
  if (entry === undefined) return null;
  const blob = hexOf(entry);
  const hanging = await snapshotsHangingOn(store, blob, run.signal);
  if (hanging.length === 0) return null;
  const path = cloudImageBlob(store.root, blob);
  const pin = cocoonCommand(run.place, ['image', 'import'], [`blobcheck/${blob}`, path]);
  const message = `${ref} must not lead elsewhere: on its entry alone hangs the base of ${hanging.join(', ')}`;
  return finding('pull-failed', message, {
    subject: path,
    ...commandRemedy([pin], 'import the blob under a name of its own, so that an image names it'),
  });
}

function failed(ref: string, reason: string): Finding {
  return finding('pull-failed', `${ref} could not be brought: ${reason}`, { subject: ref });
}
