import type { EngineName } from '../digest/engine.js';
import { BlobcheckError } from '../errors.js';
import type { GlobalOptions } from './main.js';

/** Where what is remembered lies, if nobody says otherwise. */
const defaultStateDirectory = '/var/lib/blobcheck';

/** The value of `--engine`; `native` where it is not given. */
export function engineOption(value: string | undefined): EngineName {
  if (value === undefined) return 'native';
  if (value === 'native' || value === 'wasm') return value;
  throw new BlobcheckError('usage', `there is no engine '${value}'; it is native or wasm`);
}

/** `--state-dir`, else BLOBCHECK_STATE_DIR (empty is unset), else the default. */
export function stateDirectoryOption(options: GlobalOptions, env: NodeJS.ProcessEnv): string {
  return options.stateDir ?? (env.BLOBCHECK_STATE_DIR || defaultStateDirectory);
}
