import { type Finding, finding } from '../finding/finding.js';
import type { EntryReport, VerifyReport } from '../report/documents.js';
import { answeredOnce } from '../store/answered-once.js';
import type { Store } from '../store/store.js';
import { attempt, entryOf } from './entry.js';
import { changedSince, metadataFacts } from './metadata-facts.js';
import { openForCheck } from './open-for-check.js';
import { buildReport } from './report.js';
import type { Run, StoreCheckOptions } from './run.js';
import { judgeSideBySide } from './side-by-side.js';
import { allTargets, resolveTargets, type Target } from './targets.js';
import { type ArchiveToJudge, verifyArchive } from './verify-archive.js';
import { verifyDirectory } from './verify-directory.js';
import { verifyImage } from './verify-image.js';
import { verifySnapshot } from './verify-snapshot.js';

export interface VerifyRequest {
  /** Ids, names, id prefixes, or (if `patterns` is not false) globs over names. */
  readonly snapshots?: readonly string[];
  readonly patterns?: boolean;
  /** A virtual machine that the snapshots would be restored onto. */
  readonly vm?: string;
  /** Every snapshot of the root. */
  readonly all?: boolean;
  /** Directories that `vm clone --from-dir` would take in a snapshot's place. */
  readonly directories?: readonly string[];
  /** Exported snapshots, as `snapshot import` would take them. */
  readonly archives?: readonly ArchiveToJudge[];
  /** References of images: what a new VM would be started from. */
  readonly images?: readonly string[];
}

/** Judges snapshots and images of a cocoon root. Whatever is wrong with the root, the answer is a report. */
export async function verify(request: VerifyRequest, options: StoreCheckOptions): Promise<VerifyReport> {
  const opened = await openForCheck(options);
  const { run, store } = opened;
  if (store === null) return buildReport(run, { root: opened.root, engine: null, findings: [opened.failure] });
  try {
    return await verifyIn(run, request.all ? store : answeredOnce(store), request, options);
  } finally {
    await store.close();
  }
}

async function verifyIn(
  run: Run,
  store: Store,
  request: VerifyRequest,
  options: StoreCheckOptions,
): Promise<VerifyReport> {
  const findings: Finding[] = [];
  const found = await attempt(findings, store.root, () =>
    request.all ? allTargets(store) : resolveTargets(store, request.snapshots ?? [], request.patterns),
  );
  const targets = found?.targets ?? [];
  const asked = { targets, images: request.images ?? [], vm: request.vm };
  const before = await metadataFacts(store, asked);
  let judged = 0;
  const snapshots = await judgeSideBySide(run, targets, async (waiting, target) => {
    const entry = await verifyTarget(waiting, store, target, request.vm);
    options.onJudged?.(++judged, targets.length);
    return entry;
  });
  const directories = await judgeSideBySide(run, request.directories ?? [], (waiting, directory) =>
    verifyDirectory(waiting, store, { directory, vm: request.vm }),
  );
  const archives = await judgeSideBySide(run, request.archives ?? [], (waiting, archive) =>
    verifyArchive(waiting, store, archive),
  );
  const images = await judgeSideBySide(run, asked.images, (waiting, ref) => verifyImage(waiting, store, ref));
  findings.push(...store.recovered.map(recovered));
  // A read takes minutes, and so does waiting for somebody else's: by now the name may lead to another snapshot.
  const moved =
    run.ledger.hasTakenTurn() || !store.isAsRead()
      ? ((await attempt(findings, store.root, async () => changedSince(before, await options.location, asked))) ??
        new Set())
      : new Set();
  const settled = (kind: string, entries: readonly EntryReport[]) =>
    entries.map((entry) => (moved.has(`${kind} ${entry.ref}`) ? withMovedMetadata(entry) : entry));
  const [ofSnapshots, ofOthers, ofImages] = await recheckTogether(run, [
    snapshots,
    [...directories, ...archives],
    images,
  ]);
  return buildReport(run, {
    root: store.root,
    engine: store.engine,
    findings,
    snapshots: [...settled('snapshot', ofSnapshots), ...ofOthers],
    images: settled('image', ofImages),
    skipped: found?.skipped ?? 0,
  });
}

type Entries = readonly EntryReport[];

/** By one look, so that it is the last one at all of them. */
async function recheckTogether(run: Run, lists: readonly [Entries, Entries, Entries]) {
  const [first, second] = lists;
  const all = await run.recheck(lists.flat());
  const end = first.length + second.length;
  return [all.slice(0, first.length), all.slice(first.length, end), all.slice(end)] as const;
}

function withMovedMetadata(entry: EntryReport): EntryReport {
  const message = 'the metadata says something else of it now than when it was judged';
  return entryOf({ ...entry, findings: [finding('file-changed', message, { subject: entry.ref }), ...entry.findings] });
}

async function verifyTarget(run: Run, store: Store, target: Target, vm: string | undefined): Promise<EntryReport> {
  if (target.kind === 'snapshot') return await verifySnapshot(run, store, { id: target.id, ref: target.ref, vm });
  return entryOf({ ref: target.ref, findings: [target.finding] });
}

function recovered({ path, reason }: { readonly path: string; readonly reason: string }): Finding {
  const message = `the index is torn, so its previous generation was read, as cocoon does: ${reason}`;
  return finding('metadata-recovered', message, { subject: path });
}
