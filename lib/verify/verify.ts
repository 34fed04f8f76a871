import { type Finding, finding } from '../finding/finding.js';
import type { EntryReport, VerifyReport } from '../report/documents.js';
import { openStore } from '../store/open.js';
import type { Store } from '../store/store.js';
import { errorFinding } from './error-finding.js';
import { buildReport } from './report.js';
import { type Run, type StoreCheckOptions, startRun } from './run.js';
import { allTargets, resolveTargets, type Target } from './targets.js';
import { verdictOf } from './verdict.js';
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
  const { root } = options.location;
  const run = await startRun(root, options);
  let store: Store;
  try {
    store = await openStore(options.location, options.signal === undefined ? {} : { signal: options.signal });
  } catch (error) {
    return buildReport(run, { root, engine: null, findings: [errorFinding(error, root)] });
  }
  try {
    return await verifyIn(run, store, request);
  } finally {
    await store.close();
  }
}

async function verifyIn(run: Run, store: Store, request: VerifyRequest): Promise<VerifyReport> {
  const snapshots: EntryReport[] = [];
  const images: EntryReport[] = [];
  const findings: Finding[] = [];
  let skipped = 0;
  try {
    const found = request.all ? await allTargets(store) : await resolveTargets(store, request.snapshots ?? []);
    skipped = found.skipped;
    for (const target of found.targets) snapshots.push(await verifyTarget(run, store, target));
    for (const ref of request.images ?? []) images.push(await verifyImage(run, store, ref));
  } catch (error) {
    findings.push(errorFinding(error, store.root));
  }
  findings.push(...store.recovered.map(recovered));
  return buildReport(run, { root: store.root, engine: store.engine, findings, snapshots, images, skipped });
}

async function verifyTarget(run: Run, store: Store, target: Target): Promise<EntryReport> {
  if (target.kind === 'snapshot') return await verifySnapshot(run, store, target.id, target.ref);
  const findings = [target.finding];
  const { ref } = target;
  return { ref, id: null, name: null, verdict: verdictOf(findings), findings, disks: [], blobs: [] };
}

function recovered({ path, reason }: { readonly path: string; readonly reason: string }): Finding {
  const message = `the index is torn, so its previous generation was read, as cocoon does: ${reason}`;
  return finding('metadata-recovered', message, { subject: path });
}
