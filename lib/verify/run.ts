import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import { limitOf } from '../at-once.js';
import type { EngineName } from '../digest/engine.js';
import { mostReaders } from '../digest/reading-turn.js';
import { systemErrorCode, systemErrorText } from '../errors.js';
import { absolutePath } from '../file/absolute-path.js';
import { type FileIdentity, identityAt, sameIdentity } from '../file/identity.js';
import { lookAtWay } from '../file/way.js';
import { type Finding, finding } from '../finding/finding.js';
import { type CommandPlace, defaultPlace } from '../finding/remedy.js';
import type { EntryReport } from '../report/documents.js';
import { judgedDirectories } from '../store/layout.js';
import type { StoreLocation } from '../store/location.js';
import { DEFAULT_MAX_AGE_MS } from '../trust/receipt-answer.js';
import { openState } from '../trust/state-directory.js';
import { type JudgedBlob, judgeBlob } from './blob.js';
import type { BlobOptions, BlobRequest, ContentMode } from './blob-content.js';
import { entryOf } from './entry.js';
import { type Ledger, ledgerOf } from './ledger.js';
import type { OnProgress } from './reader.js';

/** Files that an entry was judged by. */
export interface WatchedFiles {
  /** Names them in the finding. */
  readonly path: string;
  /** Whether they are as they were before they were judged; what it throws means no. */
  areSame(): Promise<boolean>;
}

/** What every check is given. */
export interface CheckOptions {
  /** The state directory; null remembers nothing. */
  readonly stateDir: string | null;
  /** The version that stands in what is remembered. */
  readonly tool: string;
  /** Default `native`. */
  readonly engine?: EngineName;
  /** Default `receipt`. */
  readonly content?: ContentMode;
  /** Reads past the page cache where the file system lets us. Default false. */
  readonly direct?: boolean;
  /** How many bases are judged at the same time; default twice as many as are read at the same time. */
  readonly blobsAtOnce?: number;
  /** Milliseconds that a good read speaks for its file; default 30 days. */
  readonly maxAgeMs?: number;
  /**
   * Whether a base whose last good read is longer ago is read at once. Default false: it is allowed with the warning
   * `verification-overdue`, and whoever asked has it read again later (`rereadBlobs`).
   */
  readonly readsOverdue?: boolean;
  /** Sections of config.json that are allowed whatever is in them. */
  readonly allowedVmSections?: readonly string[];
  readonly signal?: AbortSignal;
  /** Bytes of one file read so far, by us or by whom we wait for; does nothing by default. */
  readonly onProgress?: OnProgress;
  /** How many of the snapshots that were asked about are judged; does nothing by default. */
  readonly onJudged?: (done: number, total: number) => void;
}

/** One run of a check over one store: what is remembered, and each base judged at most once. */
export interface Run {
  readonly ledger: Ledger;
  readonly blobOptions: BlobOptions;
  /** What the commands of remedies are about. */
  readonly place: CommandPlace;
  readonly signal: AbortSignal | undefined;
  readonly allowedVmSections: readonly string[];
  /** Seconds since the run began. */
  seconds(): number;
  blob(request: BlobRequest): Promise<JudgedBlob>;
  /** Has the way to a directory outside the store looked at when the verdict is given; to be called before it is read. */
  passesBy(directory: string): void;
  /** Has the entry's files looked at again when the verdict is given; returns the entry. */
  watch(entry: EntryReport, files: WatchedFiles): EntryReport;
  /**
   * Looks once more at every base that was read, under every name that it was asked for by, at all that is watched, and at
   * the way to it: what was judged an hour ago may have been replaced since. The entries that stand on what changed get its
   * finding.
   */
  recheck(entries: readonly EntryReport[]): Promise<EntryReport[]>;
}

/** `store` is the root (or, outside cocoon, the directory of the blobs) that what is remembered belongs to. */
export async function startRun(store: string, options: CheckOptions, place: CommandPlace = defaultPlace): Promise<Run> {
  const started = performance.now();
  // Before anything is read.
  const ways = [lookAtWay([absolutePath(store), ...judgedDirectories(absolutePath(store))])];
  const ledger = ledgerOf(await openState(options.stateDir, resolve(store)), options.tool);
  const blobOptions: BlobOptions = {
    engine: options.engine ?? 'native',
    content: options.content ?? 'receipt',
    direct: options.direct ?? false,
    maxAgeMs: options.maxAgeMs ?? DEFAULT_MAX_AGE_MS,
    readsOverdue: options.readsOverdue ?? false,
    ledger,
    place,
    signal: options.signal,
    onProgress: options.onProgress ?? (() => {}),
  };
  const judged = new Map<string, Judging>();
  // While some are read the next are made ready; each has its file and its lock open.
  const bases = limitOf(options.blobsAtOnce ?? 2 * mostReaders);
  const watched = new Map<EntryReport, WatchedFiles>();
  return {
    ledger,
    blobOptions,
    place,
    signal: options.signal,
    allowedVmSections: options.allowedVmSections ?? [],
    seconds: () => Math.round(performance.now() - started) / 1000,
    blob: (request) => {
      const { path, names = [], instead } = request;
      const judging = judged.get(path) ?? {
        base: bases.inside(() => judgeBlob(request, blobOptions)),
        names: new Set(),
        absent: new Set(),
      };
      for (const name of [path, ...names]) judging.names.add(name);
      if (instead !== undefined) judging.absent.add(instead);
      judged.set(path, judging);
      return judging.base;
    },
    passesBy: (directory) => {
      ways.push(lookAtWay([directory]));
    },
    watch: (entry, files) => {
      watched.set(entry, files);
      return entry;
    },
    recheck: async (entries) => {
      const changed = new Map<string, Finding>();
      for (const [path, judging] of judged) {
        const found = await sinceJudged(path, judging);
        if (found !== null) changed.set(path, found);
      }
      const again: EntryReport[] = [];
      for (const entry of entries)
        again.push(withFindings(entry, await whatChanged(entry, changed, watched.get(entry))));
      // Last: what was found where it must be was looked up on the same way as what was judged.
      const moved = ways.map((way) => way.whatMoved()).find((found) => found !== null);
      return moved === undefined ? again : again.map((entry) => withFindings(entry, [wasMoved(moved)]));
    },
  };
}

/** A base of this run. */
interface Judging {
  readonly base: Promise<JudgedBlob>;
  /** By which it is opened. */
  readonly names: Set<string>;
  /** Files that would be opened in its place. */
  readonly absent: Set<string>;
}

/** Null while each of its names leads to the file that was judged, and no other file is opened in its place. */
async function sinceJudged(subject: string, { base, names, absent }: Judging): Promise<Finding | null> {
  const { identity } = await base;
  if (identity === null) return null;
  try {
    const now: FileIdentity[] = [];
    for (const name of names) now.push(await identityAt(name));
    const isSame = now.every((one) => sameIdentity(one, identity));
    if (isSame && [...absent].every((path) => lstatSync(path, { throwIfNoEntry: false }) === undefined)) return null;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      return finding('blob-unreadable', `the base cannot be looked at again: ${systemErrorText(error)}`, { subject });
    }
  }
  const message = 'the base changed, or its name leads to another file, since it was read';
  return finding('blob-changed', message, { subject });
}

function wasMoved(subject: string): Finding {
  const message = 'a directory on the way to it was moved, or another put in its place, while it was being judged';
  return finding('file-changed', message, { subject });
}

async function whatChanged(
  entry: EntryReport,
  changedBases: ReadonlyMap<string, Finding>,
  files: WatchedFiles | undefined,
): Promise<Finding[]> {
  const findings = entry.blobs.flatMap(({ path }) => changedBases.get(path) ?? []);
  if (files !== undefined && !(await files.areSame().catch(() => false))) {
    findings.push(finding('file-changed', 'it changed, or is gone, since it was judged', { subject: files.path }));
  }
  return findings;
}

function withFindings(entry: EntryReport, findings: readonly Finding[]): EntryReport {
  return findings.length === 0 ? entry : entryOf({ ...entry, findings: [...findings, ...entry.findings] });
}

/** Where the store is, beside what every check is given. */
export interface StoreCheckOptions extends CheckOptions {
  /** One that cannot be found (an unreadable configuration) is a finding of the report. */
  readonly location: StoreLocation | Promise<StoreLocation>;
}
