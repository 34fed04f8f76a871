import { randomInt } from 'node:crypto';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, Failure } from './failure.mjs';

/** A new file, as Go's os.CreateTemp makes it. */
export function temporaryFile(directory, before, behind) {
  const path = join(directory, `${before}${randomInt(1, 2 ** 32)}${behind}`);
  try {
    return { descriptor: attempt('open', path, () => openSync(path, 'wx+', 0o600)), path };
  } catch (error) {
    throw new Failure(`create temp file: ${error.message}`);
  }
}
