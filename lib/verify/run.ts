import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { EngineName } from '../digest/engine.js';
import { identityOf, sameIdentity } from '../file/identity.js';
import { finding } from '../finding/finding.js';
import type { EntryReport } from '../report/documents.js';
import type { StoreLocation } from '../store/location.js';
import { openState } from '../trust/state-directory.js';
import { type JudgedBase, judgeBase } from './base.js';
import type { BaseOptions, BaseRequest } from './base-content.js';
import { entryOf } from './entry.js';
import { type Ledger, ledgerOf } from './ledger.js';

/** What every check is given. */
export interface CheckOptions {
  /** The state directory; null remembers nothing. */
  readonly stateDir: string | null;
  /** The version that stands in what is remembered. */
  readonly tool: string;
  /** Default `native`. */
  readonly engine?: EngineName;
  /** Sections of config.json that are allowed whatever is in them. */
  readonly allowedVmSections?: readonly string[];
  readonly signal?: AbortSignal;
  /** Bytes of one file read so far; does nothing by default. */
  readonly onProgress?: (path: string, bytesDone: number, bytesTotal: number) => void;
}

/** One run of a check over one store: what is remembered, and each base judged at most once. */
export interface Run {
  readonly ledger: Ledger;
  readonly baseOptions: BaseOptions;
  readonly signal: AbortSignal | undefined;
  readonly allowedVmSections: readonly string[];
  /** Seconds since the run began. */
  seconds(): number;
  base(request: BaseRequest): Promise<JudgedBase>;
  /**
   * Looks once more at every base that was read: what was judged an hour ago may have been replaced since. The entries
   * that stand on one that changed get its finding.
   */
  recheck(entries: readonly EntryReport[]): Promise<EntryReport[]>;
}

/** `store` is the root (or, outside cocoon, the directory of the blobs) that what is remembered belongs to. */
export async function startRun(store: string, options: CheckOptions): Promise<Run> {
  const started = performance.now();
  const ledger = ledgerOf(await openState(options.stateDir, resolve(store)), options.tool);
  const baseOptions: BaseOptions = {
    engine: options.engine ?? 'native',
    ledger,
    signal: options.signal,
    onProgress: options.onProgress ?? (() => {}),
  };
  const judged = new Map<string, Promise<JudgedBase>>();
  return {
    ledger,
    baseOptions,
    signal: options.signal,
    allowedVmSections: options.allowedVmSections ?? [],
    seconds: () => Math.round(performance.now() - started) / 1000,
    base: (request) => {
      const known = judged.get(request.path);
      if (known !== undefined) return known;
      const fresh = judgeBase(request, baseOptions);
      judged.set(request.path, fresh);
      return fresh;
    },
    recheck: async (entries) => {
      const changed = new Set<string>();
      for (const [path, base] of judged) if (await hasChanged(path, await base)) changed.add(path);
      return entries.map((entry) => (entry.blobs.some(({ path }) => changed.has(path)) ? changedEntry(entry) : entry));
    },
  };
}

async function hasChanged(path: string, { hashed }: JudgedBase): Promise<boolean> {
  if (hashed === null || hashed.changed !== null) return false;
  try {
    return !sameIdentity(identityOf(await lstat(path, { bigint: true })), hashed.after);
  } catch {
    return true;
  }
}

function changedEntry(entry: EntryReport): EntryReport {
  const [blob] = entry.blobs;
  const found = finding('blob-changed', 'the base changed, or its name leads to another file, since it was read', {
    subject: blob?.path ?? null,
  });
  return entryOf({ ...entry, findings: [found, ...entry.findings] });
}

/** Where the store is, beside what every check is given. */
export interface StoreCheckOptions extends CheckOptions {
  /** One that cannot be found (an unreadable configuration) is a finding of the report. */
  readonly location: StoreLocation | Promise<StoreLocation>;
}
