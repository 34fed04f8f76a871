import { packageFile } from '../package-file.js';
import type { InstallStep } from '../report/documents.js';
import type { StoreCheckOptions } from '../verify/run.js';

export interface InstallOptions {
  /** Where programs are looked for, as PATH is written. */
  readonly path: string;
  /** Absolute, or relative to the working directory. */
  readonly stateDir: string;
  /** The real cocoon, where somebody names it. */
  readonly cocoon: string | null;
  /** What the first `seal --all` is given, for the state directory that the node's settings name. */
  readonly check: (stateDir: string) => StoreCheckOptions;
  readonly signal?: AbortSignal;
  /** Told of each step as it is done. */
  readonly onStep?: (step: InstallStep) => void;
  /** Default `/etc`. */
  readonly etc?: string;
  /** The Node that the hook is to run. */
  readonly node: string;
  /** Default: this package's. */
  readonly guard?: string;
  readonly preClone?: string;
}

/** The programs of this package that stand before a clone. */
export function programsOf({ guard, preClone }: Pick<InstallOptions, 'guard' | 'preClone'>) {
  return {
    guard: guard ?? packageFile('bin/cocoon-guard'),
    preClone: preClone ?? packageFile('bin/pre-clone'),
  };
}
