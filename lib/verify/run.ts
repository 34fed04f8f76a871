import { resolve } from 'node:path';
import type { EngineName } from '../digest/engine.js';
import type { StoreLocation } from '../store/location.js';
import { openState } from '../trust/state-directory.js';
import { type JudgedBase, judgeBase } from './base.js';
import type { BaseOptions, BaseRequest } from './base-content.js';
import { type Memory, memoryOf } from './remembered.js';

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
  readonly memory: Memory;
  readonly baseOptions: BaseOptions;
  readonly signal: AbortSignal | undefined;
  readonly allowedVmSections: readonly string[];
  /** Seconds since the run began. */
  seconds(): number;
  base(request: BaseRequest): Promise<JudgedBase>;
}

/** `store` is the root (or, outside cocoon, the directory of the blobs) that what is remembered belongs to. */
export async function startRun(store: string, options: CheckOptions): Promise<Run> {
  const started = performance.now();
  const memory = memoryOf(await openState(options.stateDir, resolve(store)), options.tool);
  const baseOptions: BaseOptions = {
    engine: options.engine ?? 'native',
    memory,
    signal: options.signal,
    onProgress: options.onProgress ?? (() => {}),
  };
  const judged = new Map<string, Promise<JudgedBase>>();
  return {
    memory,
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
  };
}

/** Where the store is, beside what every check is given. */
export interface StoreCheckOptions extends CheckOptions {
  readonly location: StoreLocation;
}
