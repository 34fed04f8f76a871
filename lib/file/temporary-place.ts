import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { isKeptFromOthers } from './private.js';

/**
 * Where private directories are made: what TMPDIR names, unless somebody else could exchange what lies there. Who may
 * start us as root, by sudo, may have chosen it; /tmp is the system's.
 */
export function temporaryPlace(): string {
  const named = resolve(tmpdir());
  return isKeptFromOthers(named) ? named : '/tmp';
}
