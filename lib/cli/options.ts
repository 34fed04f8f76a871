import {
  BlobcheckError,
  DEFAULT_STATE_DIRECTORY,
  type EngineName,
  resolveLocation,
  type StoreCheckOptions,
  version,
} from '../index.js';
import type { GlobalOptions } from './global-options.js';
import type { Progress } from './progress.js';
import type { Terminal } from './terminal.js';

/** Options of the commands that judge a store. */
export interface StoreOptions extends GlobalOptions {
  readonly engine?: string;
  readonly allowVmSection?: readonly string[];
  /** Days. */
  readonly maxAge?: string;
  readonly direct?: boolean;
}

/** The value of `--engine`; `native` where it is not given. */
export function engineOption(value: string | undefined): EngineName {
  if (value === undefined) return 'native';
  if (value === 'native' || value === 'wasm') return value;
  throw new BlobcheckError('usage', `there is no engine '${value}'; it is native or wasm`);
}

/** `--state-dir`, else BLOBCHECK_STATE_DIR (empty is unset), else the default. */
export function stateDirectoryOption(options: GlobalOptions, env: NodeJS.ProcessEnv): string {
  // An unset variable of a script; seals in whatever directory it runs in are decisions lost.
  if (options.stateDir === '') throw new BlobcheckError('usage', '--state-dir is empty; it names a directory');
  return options.stateDir ?? (env.BLOBCHECK_STATE_DIR || DEFAULT_STATE_DIRECTORY);
}

/** `--max-age`: days that a full read speaks for a base that has not changed; 0 always reads. */
function maxAgeOption(value: string): { maxAgeMs: number; content: 'read' | 'receipt' } {
  if (!/^(0|[1-9][0-9]{0,3})$/.test(value))
    throw new BlobcheckError('usage', `--max-age takes 0 to 9999 days, not '${value}'`);
  return { maxAgeMs: Number(value) * DAY_MS, content: value === '0' ? 'read' : 'receipt' };
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** What a check is given, but for where the store is. */
export function checkOptions(options: StoreOptions, terminal: Terminal, progress: Progress) {
  const fromEnvironment = (terminal.env.BLOBCHECK_ALLOW_VM_SECTIONS ?? '').split(',').map((name) => name.trim());
  return {
    stateDir: stateDirectoryOption(options, terminal.env),
    tool: version(),
    engine: engineOption(options.engine),
    direct: options.direct === true,
    ...(options.maxAge === undefined ? {} : maxAgeOption(options.maxAge)),
    allowedVmSections: [...(options.allowVmSection ?? []), ...fromEnvironment.filter((name) => name !== '')],
    signal: terminal.signal,
    onProgress: progress.update,
    onJudged: progress.judged,
  };
}

/** What a check of a cocoon root is given: the root is found as cocoon finds it. */
export function storeCheckOptions(
  options: StoreOptions,
  terminal: Terminal,
  progress: Progress,
): StoreCheckOptions & { readonly stateDir: string } {
  const { rootDir, runDir, config } = options;
  // Not awaited here: a configuration that cannot be read is a finding of the report.
  const location = resolveLocation({ rootDir, runDir, configFile: config, env: terminal.env });
  return { ...checkOptions(options, terminal, progress), location };
}
