import { resolve } from 'node:path';
import { BlobcheckError } from '../errors.js';
import { absolutePath } from '../file/absolute-path.js';
import { type ConfigValues, readConfigFile } from './config-file.js';
import { DEFAULT_ROOT } from './layout.js';

export type MetaBackend = 'sqlite' | 'json';

/** Where a cocoon root is, as the cocoon that will run sees it. */
export interface StoreLocation {
  /** Absolute. */
  readonly root: string;
  /** Where virtual machines have their run directories; absolute. Default `/var/lib/cocoon/run`. */
  readonly runDir?: string;
  /** The engine that is set explicitly; null where cocoon decides by what it finds. */
  readonly metaBackend: MetaBackend | null;
  /** cocoon's `--config`, where one is given; absolute. */
  readonly configFile?: string;
}

export interface LocationOptions {
  /** cocoon's `--root-dir`. */
  readonly rootDir?: string | undefined;
  /** cocoon's `--run-dir`. */
  readonly runDir?: string | undefined;
  /** cocoon's `--config`. */
  readonly configFile?: string | undefined;
  /** The environment that cocoon will have. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to. */
  readonly cwd?: string;
}

/**
 * Finds the root as cocoon (viper) does: flag before environment before configuration file before default, and an
 * empty variable is an unset one. Throws `metadata-unreadable` where cocoon would refuse its settings.
 */
export async function resolveLocation(options: LocationOptions): Promise<StoreLocation> {
  const { env, configFile, cwd } = options;
  // cocoon takes `--config ""` for no configuration file.
  const config = configFile ? await readConfigFile(absolutePath(configFile, cwd)) : null;
  const setting = (flag: string | undefined, variable: string, key: string): string | null =>
    flag ?? (env[variable] || null) ?? fromConfig(config, configFile, key);

  const rootDir = setting(options.rootDir, 'COCOON_ROOT_DIR', 'root_dir') ?? DEFAULT_ROOT;
  if (rootDir === '') throw refused('root_dir must not be empty');
  const root = resolve(absolutePath(rootDir, cwd));
  const runDir = setting(options.runDir, 'COCOON_RUN_DIR', 'run_dir');
  return {
    root,
    ...(runDir ? { runDir: resolve(absolutePath(runDir, cwd)) } : {}),
    ...(configFile ? { configFile: absolutePath(configFile, cwd) } : {}),
    metaBackend: metaBackendOf(setting(undefined, 'COCOON_META_BACKEND', 'meta_backend')),
  };
}

function metaBackendOf(value: string | null): MetaBackend | null {
  if (value === null || value === '') return null;
  if (value === 'sqlite' || value === 'json') return value;
  throw refused(`meta_backend "${value}" is neither sqlite nor json`);
}

function fromConfig(config: ConfigValues | null, configFile: string | undefined, key: string): string | null {
  const value = config?.get(key);
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw new BlobcheckError('metadata-unreadable', `"${key}" in the configuration file is not a string`, {
    ...(configFile === undefined ? {} : { path: configFile }),
  });
}

function refused(reason: string): BlobcheckError {
  return new BlobcheckError('metadata-unreadable', `cocoon would refuse these settings: ${reason}`);
}
