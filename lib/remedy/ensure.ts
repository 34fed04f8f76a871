import { type Finding, finding } from '../finding/finding.js';
import { quoteForShell, wordsRemedy } from '../finding/remedy.js';
import type { EnsureReport, EnsureStep, EntryReport } from '../report/documents.js';
import { cloudImageBlobs } from '../store/layout.js';
import type { ContentMode } from '../verify/blob-content.js';
import { openForCheck } from '../verify/open-for-check.js';
import { ensureSnapshot, indexedBase } from '../verify/origin.js';
import type { StoreCheckOptions } from '../verify/run.js';
import { type VerifyRequest, verify } from '../verify/verify.js';
import { type BringRequest, bringBlob, type Site } from './bring.js';
import type { CocoonProgram, NoCocoon } from './cocoon.js';
import { isOtherwiseAllowed, type NeededBlob, neededBlobs, unsealedBases } from './needed.js';
import type { PullPolicy } from './policy.js';
import { removeDeadScratch } from './scratch.js';
import { knownSources, notPullable, sourceOf } from './sources.js';
import { withStepFindings } from './step-findings.js';

export interface EnsureRequest {
  /** As `verify` takes them. */
  readonly snapshots: readonly string[];
  readonly patterns?: boolean;
  /** Directories in the place of snapshots, as `verify` takes them. */
  readonly directories?: readonly string[];
  /** For all, or for each snapshot by its name (its id where it has none). */
  readonly policy: PullPolicy | ((name: string) => PullPolicy);
  /** A FILE or URL that has the exact content. */
  readonly from?: string;
  /** Nothing is changed: the steps are the plan. */
  readonly dryRun?: boolean;
}

export interface EnsureOptions extends StoreCheckOptions {
  /** The real cocoon. */
  readonly cocoon: CocoonProgram | NoCocoon;
}

/** Brings about what `verify` demands: the bases that are missing or wrong, then the verdict on what is there. */
export async function ensure(request: EnsureRequest, options: EnsureOptions): Promise<EnsureReport> {
  const { from, dryRun = false } = request;
  const { before, policyOf } = await look(request, options);
  const brings = before.snapshots.filter((entry) => policyOf(entry) !== 'Never');
  if (brings.length > 0 && before.root !== null && !dryRun)
    await removeDeadScratch(before.root, cloudImageBlobs(before.root));
  const wanted = brings.flatMap(wantedBy);
  const steps = [
    ...(await takeSteps(wanted, { from, dryRun }, options)),
    ...(from === undefined ? [] : notReplaced(brings.filter(isOtherwiseAllowed), from)),
  ];
  // What was not brought may have taken its time, too.
  const hasTried = steps.length > 0 && !dryRun;
  const after = hasTried ? await verify(verifyRequest(request), { ...options, content: 'receipt' }) : before;
  const report = withStepFindings(after, steps);
  return { schema: 'blobcheck/ensure/v1', verdict: report.verdict, dryRun, steps, verify: report };
}

const verifyRequest = ({ snapshots, patterns, directories = [] }: EnsureRequest): VerifyRequest => ({
  snapshots,
  directories,
  ...(patterns === undefined ? {} : { patterns }),
});

/** Judges what is there as the policy says; which policy a snapshot has, its name decides, so that comes first. */
async function look(request: EnsureRequest, options: EnsureOptions) {
  const { policy } = request;
  const check = (content: ContentMode) => verify(verifyRequest(request), { ...options, content });
  if (typeof policy !== 'function') {
    const before = await check(policy === 'Always' ? 'read' : 'receipt');
    return { before, policyOf: () => policy };
  }
  const policyOf = ({ name, id, ref }: EntryReport) => policy(name ?? id ?? ref);
  const names = await check('remembered');
  const before = await check(names.snapshots.some((entry) => policyOf(entry) === 'Always') ? 'read' : 'receipt');
  return { before, policyOf };
}

interface Wanted {
  readonly needed: NeededBlob;
  readonly entry: EntryReport;
}

/** What would be denied all the same needs no base: its record may name any URL. */
const wantedBy = (entry: EntryReport): Wanted[] =>
  isOtherwiseAllowed(entry) ? neededBlobs(entry).map((needed) => ({ needed, entry })) : [];

/** Whoever says where a base comes from expects it to be brought; why one that may be healthy is not. */
function notReplaced(entries: readonly EntryReport[], from: string): EnsureStep[] {
  const unsealed = new Map(entries.flatMap(unsealedBases).map((needed) => [needed.path, needed]));
  return [...unsealed.values()].map((needed) => {
    const aside = `mv -T --backup=numbered ${quoteForShell(needed.path)} ${quoteForShell(`${needed.path}.aside`)}`;
    const why = finding('pull-failed', `${from} was not looked at: no seal says that the base that is there is wrong`, {
      subject: needed.path,
      ...wordsRemedy(`if it is wrong, move it aside and ask again: ${aside}`),
    });
    return { ...stepOf(needed, 'refused', [why]), source: from };
  });
}

interface HowToBring {
  readonly from: string | undefined;
  readonly dryRun: boolean;
}

async function takeSteps(wanted: readonly Wanted[], how: HowToBring, options: EnsureOptions): Promise<EnsureStep[]> {
  if (wanted.length === 0) return [];
  const opened = await openForCheck(options);
  if (opened.store === null) return wanted.map(({ needed }) => stepOf(needed, 'refused', [opened.failure]));
  const { run, store } = opened;
  const steps: EnsureStep[] = [];
  try {
    for (const { needed, entry } of wanted) {
      // Two snapshots on one base bring it once; what the one cannot bring, the other may have a better source for.
      if (steps.some(({ path, outcome }) => path === needed.path && outcome !== 'refused')) continue;
      const request = await bringRequest({ run, store }, needed, entry, how.from);
      steps.push(how.dryRun ? plannedStep(request) : await bringBlob({ store, run, cocoon: options.cocoon }, request));
    }
  } finally {
    await store.close();
  }
  return steps;
}

async function bringRequest(
  { run, store }: Pick<Site, 'run' | 'store'>,
  needed: NeededBlob,
  entry: EntryReport,
  from: string | undefined,
): Promise<BringRequest> {
  const image = entry.id === null ? null : (await store.snapshot(entry.id)).image;
  const asker = {
    image: image === '' ? null : image,
    ensure: ensureSnapshot(run.place, entry.name ?? entry.ref),
    place: run.place,
  };
  const { request, origin } = await indexedBase(store, needed.blob, needed.path, asker);
  return { needed, base: request, origin, from: from === undefined ? null : sourceOf(from) };
}

function plannedStep({ needed, origin, from }: BringRequest): EnsureStep {
  const [source] = from === null ? knownSources(origin) : [from];
  if (source === undefined) return stepOf(needed, 'refused', [notPullable(origin)]);
  return { ...stepOf(needed, 'planned', []), source: source.kind === 'url' ? source.url : source.path };
}

function stepOf(needed: NeededBlob, outcome: EnsureStep['outcome'], findings: readonly Finding[]): EnsureStep {
  return { ...needed, outcome, source: null, seconds: 0, findings };
}
