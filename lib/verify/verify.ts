import { type Finding, finding } from '../finding/finding.js';
import type { EntryReport, VerifyReport } from '../report/documents.js';
import type { Store } from '../store/store.js';
import { attempt, entryOf } from './entry.js';
import { openForCheck } from './open-for-check.js';
import { buildReport } from './report.js';
import type { Run, StoreCheckOptions } from './run.js';
import { allTargets, resolveTargets, type Target } from './targets.js';
import { verifyImage } from './verify-image.js';
import { verifySnapshot } from './verify-snapshot.js';

export interface VerifyRequest {
  /** Ids, names, id prefixes, or globs over names. */
  readonly snapshots?: readonly string[];
  /** Every snapshot of the root. */
  readonly all?: boolean;
  /** References of cloud images: what a new VM would be started from. */
  readonly images?: readonly string[];
}

/** Judges snapshots and images of a cocoon root. Whatever is wrong with the root, the answer is a report. */
export async function verify(request: VerifyRequest, options: StoreCheckOptions): Promise<VerifyReport> {
  const opened = await openForCheck(options);
  const { run, store } = opened;
  if (store === null) return buildReport(run, { root: opened.root, engine: null, findings: [opened.failure] });
  try {
    return await verifyIn(run, store, request, options.onJudged);
  } finally {
    await store.close();
  }
}

async function verifyIn(
  run: Run,
  store: Store,
  request: VerifyRequest,
  onJudged: StoreCheckOptions['onJudged'],
): Promise<VerifyReport> {
  const snapshots: EntryReport[] = [];
  const images: EntryReport[] = [];
  const findings: Finding[] = [];
  const found = await attempt(findings, store.root, () =>
    request.all ? allTargets(store) : resolveTargets(store, request.snapshots ?? []),
  );
  const targets = found?.targets ?? [];
  for (const target of targets) {
    snapshots.push(await verifyTarget(run, store, target));
    onJudged?.(snapshots.length, targets.length);
  }
  for (const ref of request.images ?? []) images.push(await verifyImage(run, store, ref));
  findings.push(...store.recovered.map(recovered));
  return buildReport(run, {
    root: store.root,
    engine: store.engine,
    findings,
    snapshots: await run.recheck(snapshots),
    images: await run.recheck(images),
    skipped: found?.skipped ?? 0,
  });
}

async function verifyTarget(run: Run, store: Store, target: Target): Promise<EntryReport> {
  if (target.kind === 'snapshot') return await verifySnapshot(run, store, target.id, target.ref);
  return entryOf({ ref: target.ref, findings: [target.finding] });
}

function recovered({ path, reason }: { readonly path: string; readonly reason: string }): Finding {
  const message = `the index is torn, so its previous generation was read, as cocoon does: ${reason}`;
  return finding('metadata-recovered', message, { subject: path });
}
